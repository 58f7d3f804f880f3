import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface SeenRequest {
  readonly method: string;
  /** Path and query, as they came over the wire. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as SCIM JSON, a string as it is. */
  readonly body?: unknown;
  /** Does what a broken server does, instead of replying. */
  readonly instead?: (response: ServerResponse, socket: Socket) => void;
}

export interface ScriptedServer {
  readonly url: string;
  readonly requests: SeenRequest[];
  close(): Promise<void>;
}

/** A server that answers each request, once its body has arrived, with what the script says. */
export async function startScriptedServer(
  script: (request: SeenRequest, index: number) => Reply,
): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  const server: Server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      requests.push(request);
      const reply = script(request, requests.length - 1);
      if (reply.instead !== undefined) {
        reply.instead(response, incoming.socket);
        return;
      }
      const type = typeof reply.body === "string" ? "text/html" : "application/scim+json";
      response.writeHead(reply.status ?? 200, { "content-type": type, ...reply.headers });
      response.end(typeof reply.body === "object" ? JSON.stringify(reply.body) : reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/scim/v2`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An Error body of RFC 7644 §3.12. */
export function scimError(status: number, detail: string, scimType?: string): Reply {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
  return { status, body: { schemas, status: String(status), detail, ...(scimType === undefined ? {} : { scimType }) } };
}

export function listOf(resources: readonly unknown[], more: Readonly<Record<string, unknown>> = {}): Reply {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
  return { body: { schemas, totalResults: resources.length, Resources: resources, ...more } };
}
