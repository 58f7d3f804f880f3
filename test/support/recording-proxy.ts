import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request that changes something, as it came over the wire. */
export interface RecordedRequest {
  readonly method: string;
  /** Below the base URL. */
  readonly path: string;
  readonly body: string;
  /** Of a POST: the id that was answered. */
  readonly createdId: string | null;
}

/** A server before another one that notes what passes, and changes nothing. */
export interface RecordingProxy {
  readonly url: string;
  readonly writes: RecordedRequest[];
  /** Every request, the reading ones too. */
  readonly methods: string[];
}

/** @param baseUrl what stands behind it */
export async function startRecordingProxy(baseUrl: string): Promise<RecordingProxy> {
  const behind = new URL(baseUrl);
  const writes: RecordedRequest[] = [];
  const methods: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const headers = new Headers();
    for (const name of ["authorization", "accept", "content-type", "user-agent"]) {
      const value = request.headers[name];
      if (typeof value === "string") headers.set(name, value);
    }
    const sent = fetch(`${behind.origin}${url}`, { method, headers, ...(body !== "" && { body }) });
    const answer = await sent.catch(() => null);
    // What is behind it is down: so is this.
    if (answer === null) {
      request.socket.destroy();
      return;
    }
    const text = await answer.text();
    methods.push(method);
    if (method !== "GET") {
      const createdId = method === "POST" && answer.status === 201 ? String(JSON.parse(text).id) : null;
      writes.push({ method, path: url.slice(behind.pathname.replace(/\/$/, "").length), body, createdId });
    }
    const type = answer.headers.get("content-type");
    response.writeHead(answer.status, type === null ? {} : { "content-type": type });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${behind.pathname}`, writes, methods };
}
