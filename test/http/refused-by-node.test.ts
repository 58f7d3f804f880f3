import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { answerRefusedByNode } from "../../src/http/refused-by-node.ts";
import { errorSchema } from "../../src/scim/messages.ts";

let server: Server;

beforeEach(async () => {
  server = createServer((_, response) => response.end("reached"));
  answerRefusedByNode(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const port = (): number => (server.address() as AddressInfo).port;

async function sendRaw(text: string): Promise<string> {
  const socket = connect(port(), "127.0.0.1");
  socket.setEncoding("utf8");
  socket.write(text);
  let answer = "";
  for await (const part of socket) answer += part;
  return answer;
}

it("an address that is too long is answered with a SCIM error that says what to do", async () => {
  const answer = await fetch(`http://127.0.0.1:${port()}/scim/v2/Users?filter=${"x".repeat(20_000)}`);
  expect(answer.status).toBe(431);
  expect(answer.headers.get("content-type")).toContain("application/scim+json");
  expect(await answer.json()).toEqual({
    schemas: [errorSchema],
    status: "431",
    detail: expect.stringContaining("POST to .search"),
  });
  expect(await (await fetch(`http://127.0.0.1:${port()}/`)).text()).toBe("reached");
});

it("what is no HTTP is answered as Node does by itself", async () => {
  expect(await sendRaw("nonsense\r\n\r\n")).toBe("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
});
