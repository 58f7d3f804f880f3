import { expect, test } from "vitest";
import { parseAddressPolicy } from "../../../src/lib/address.ts";
import { errorOf, never, targetAt, withTarget } from "./with-target.ts";

const document = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "a" };

test("a create carries the media types, the user agent, the credentials and the document", async () => {
  const { target, server } = await withTarget(() => ({ status: 201, body: { id: "7", userName: "a" } }));
  expect(await target.create("User", document, never)).toEqual({ id: "7", document: { id: "7", userName: "a" } });
  const [request] = server.requests;
  expect(request).toMatchObject({
    method: "POST",
    path: "/scim/v2/Users",
    headers: {
      accept: "application/scim+json, application/json",
      "content-type": "application/scim+json",
      "user-agent": "wecom-scim-bridge/1.2.3",
      authorization: "Bearer s3cret-bearer-token",
    },
  });
  expect(JSON.parse(request?.body ?? "")).toEqual(document);
});

test("each method goes to its place, ids percent-encoded", async () => {
  const { target, server } = await withTarget(() => ({ body: { id: "org/开发 组?#%" } }));
  const id = "org/开发 组?#%";
  await target.modify("Group", id, [{ op: "replace", path: "displayName", value: "x" }], never);
  await target.replace("User", id, document, never);
  await target.remove("Group", id, never);
  await target.read("User", id, never);
  const place = "org%2F%E5%BC%80%E5%8F%91%20%E7%BB%84%3F%23%25";
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `PATCH /scim/v2/Groups/${place}`,
    `PUT /scim/v2/Users/${place}`,
    `DELETE /scim/v2/Groups/${place}`,
    `GET /scim/v2/Users/${place}`,
  ]);
  expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", path: "displayName", value: "x" }],
  });
});

test("a slash at the end of the base URL makes no difference", async () => {
  const { server } = await withTarget(() => ({ body: { id: "1" } }));
  await targetAt(`${server.url}//`).read("User", "1", never);
  expect(server.requests[0]?.path).toBe("/scim/v2/Users/1");
});

test("connections are kept and used again, and there are never more than allowed", async () => {
  const ports = new Set<number | undefined>();
  const { target } = await withTarget(
    () => ({
      instead: (response, socket) => {
        ports.add(socket.remotePort);
        response.end('{"id":"1"}');
      },
    }),
    { concurrency: 2 },
  );
  await Promise.all(Array.from({ length: 40 }, () => target.read("User", "1", never)));
  expect(ports.size).toBe(2);
});

test("a numeric id is taken as its digits", async () => {
  const { target } = await withTarget(() => ({ status: 201, body: { id: 42 } }));
  expect((await target.create("User", document, never)).id).toBe("42");
});

test.each(["ftp://a.example.com", "https://user:pw@a.example.com", "https://a.example.com/?x=1", "nowhere"])(
  "%s is no base URL",
  (baseUrl) => {
    expect(() => targetAt(baseUrl)).toThrow(TypeError);
  },
);

test("a token that can't stand in a header is refused at once, and not repeated", () => {
  const auth = { type: "bearer", token: "s3cret\r\nX-Other: 1" } as const;
  expect(() => targetAt("https://a.example.com", { auth })).toThrow(/token is empty or has characters/);
  expect(() => targetAt("https://a.example.com", { auth })).not.toThrow(/s3cret/);
  const header = { type: "header", name: "Content-Length", value: "1" } as const;
  expect(() => targetAt("https://a.example.com", { auth: header })).toThrow(TypeError);
});

test("basic and header credentials", async () => {
  const { server } = await withTarget(() => ({ body: { id: "1" } }));
  const basic = targetAt(server.url, { auth: { type: "basic", username: "桥", password: "p:w" } });
  const header = targetAt(server.url, { auth: { type: "header", name: "X-Api-Key", value: "k" } });
  await basic.read("User", "1", never);
  await header.read("User", "1", never);
  expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("桥:p:w").toString("base64")}`);
  expect(server.requests[1]?.headers).toMatchObject({ "x-api-key": "k" });
  expect(server.requests[1]?.headers.authorization).toBeUndefined();
});

test("an address that is not allowed is never connected to, written out or behind a name", async () => {
  const { server } = await withTarget(() => ({ body: { id: "1" } }));
  const allowAddress = parseAddressPolicy("false");
  const { port } = new URL(server.url);
  for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"]) {
    const target = targetAt(`http://${host}:${port}/scim/v2`, { allowAddress });
    const error = await errorOf(target.create("User", document, never));
    expect(error).toMatchObject({ code: "unavailable", doubt: false });
    expect(error.message).toContain("BRIDGE_ALLOW_PRIVATE_ADDRESSES");
  }
  expect(server.requests).toEqual([]);
});

test("the policy is asked for the address that the name stands for", async () => {
  const { server } = await withTarget(() => ({ body: { id: "1" } }));
  const asked: string[] = [];
  const allowAddress = (address: string): boolean => {
    asked.push(address);
    return parseAddressPolicy("127.0.0.0/8")(address);
  };
  await targetAt(server.url.replace("127.0.0.1", "localhost"), { allowAddress }).read("User", "1", never);
  expect(asked).toContain("127.0.0.1");
  expect(server.requests).toHaveLength(1);
});
