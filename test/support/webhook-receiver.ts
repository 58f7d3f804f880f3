import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

/** A message as it came. */
export interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages freely
  readonly body: any;
}

/** A server that takes webhooks, as somebody else would write it. */
export interface Receiver {
  readonly url: string;
  readonly messages: readonly Message[];
  /** How the next messages are answered; 204 if nothing was said. */
  answer(status: number, headers?: Readonly<Record<string, string>>): void;
  /** The next messages are not answered at all, until {@link Receiver.answer} says how. */
  keepWaiting(): void;
  /** Waits for so many in all. */
  has(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const messages: Message[] = [];
  let how: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | null = {
    status: 204,
    headers: {},
  };
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      messages.push({ headers: request.headers, text, body: JSON.parse(text) });
      if (how === null) waiting.push(response);
      else response.writeHead(how.status, how.headers).end(how.status === 204 ? undefined : "\xff not of interest");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    messages,
    answer(status, headers = {}) {
      how = { status, headers };
      for (const response of waiting.splice(0)) response.writeHead(status, headers).end();
    },
    keepWaiting() {
      how = null;
    },
    async has(count) {
      while (messages.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Judges a message by the specification's own library. @throws when the signature is not good, or too old */
export function verifyMessage(secret: string, { text, headers }: Message): void {
  new Webhook(secret).verify(text, headers as Record<string, string>);
}
