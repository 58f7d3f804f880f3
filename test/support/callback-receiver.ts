import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { decrypt } from "../../src/source/wecom/callback/decrypt.ts";
import { type DoorKeys, makeEventDoor } from "../../src/source/wecom/callback/door.ts";

/** An address that events are sent to. */
export interface CallbackReceiver {
  readonly url: string;
  /** What it was told, decrypted. */
  readonly messages: readonly string[];
  close(): void;
}

/** A receiver that answers as WeCom wants it, events with these statuses first. What it can't open it answers with 403. */
export async function receiveCallbacks(keys: DoorKeys, statuses: readonly number[] = []): Promise<CallbackReceiver> {
  const messages: string[] = [];
  const door = makeEventDoor(keys);
  const server = createServer(async (request, response) => {
    const query = Object.fromEntries(new URL(request.url ?? "", "http://localhost").searchParams);
    const body = await textOf(request);
    const opened = request.method === "GET" ? door.verify(query) : door.receive(query, body);
    if (!("value" in opened)) {
      response.writeHead(403).end();
      return;
    }
    if (typeof opened.value === "string") {
      response.end(opened.value);
      return;
    }
    const encrypted = /<Encrypt><!\[CDATA\[([^\]]+)/.exec(body)?.[1] ?? "";
    messages.push(decrypt(keys.encodingAesKey, encrypted)?.message ?? "");
    response.writeHead(statuses[messages.length - 1] ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/events`, messages, close: () => server.close() };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
