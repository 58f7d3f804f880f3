import type { Server } from "node:http";
import type { Socket } from "node:net";
import { makeErrorMessage } from "../scim/messages.ts";
import { ScimError } from "../scim/scim-error.ts";
import { scimMediaType } from "./scim/responses.ts";

/** A request that Node's parser gave up: there is none for the app to answer. */
interface ParserError extends Error {
  readonly code?: string;
}

/**
 * Answers what Node refuses before there is a request. It has answers of its own for that, without a body; where an address
 * with a long filter is too long, a SCIM client is told what to do (RFC 7644 §3.12).
 */
export function answerRefusedByNode(server: Pick<Server, "on">): void {
  server.on("clientError", (error: ParserError, socket: Socket) => {
    // Node's own order: what is closed, or has begun to be answered, is left.
    if (!socket.writable || error.code === "ECONNRESET") socket.destroy();
    else socket.end(answerTo(error.code));
  });
}

function answerTo(code: string | undefined): string {
  if (code === "HPE_HEADER_OVERFLOW") return withBody(tooLong);
  const status = statuses.get(code ?? "") ?? "400 Bad Request";
  return `HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`;
}

/** As Node itself has them; anything else is 400. */
const statuses: ReadonlyMap<string, string> = new Map([
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", "413 Payload Too Large"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
]);

const tooLong = new ScimError(
  431,
  null,
  "The address and the headers of a request may have 16 KiB together: send a long filter with POST to .search",
);

function withBody(error: ScimError): string {
  const body = JSON.stringify(makeErrorMessage(error));
  const head = [
    `HTTP/1.1 ${error.status} Request Header Fields Too Large`,
    "Connection: close",
    `Content-Type: ${scimMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
