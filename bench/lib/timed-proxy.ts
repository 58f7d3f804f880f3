import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands before a target and notes when it has answered a request that holds a certain text. */
export interface TimedProxy {
  readonly url: string;
  /** When the request with this text was answered (`performance.now()`); null if none was within that time. */
  readonly expect: (text: string, withinMs: number) => Promise<number | null>;
  stop(): Promise<void>;
}

export async function startTimedProxy(target: string): Promise<TimedProxy> {
  const { origin, pathname } = new URL(target);
  const expected = new Map<string, (at: number) => void>();
  const server = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "GET", headers, url = "" } = incoming;
    const passed = request(`${origin}${url}`, { method, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
      from.once("end", () => {
        for (const text of body.toString().match(/Position \d+\./g) ?? []) expected.get(text)?.(performance.now());
      });
    });
    passed.once("error", () => answer.destroy());
    passed.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    expect: (text, withinMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(null), withinMs);
        expected.set(text, (at) => {
          clearTimeout(timer);
          expected.delete(text);
          resolve(at);
        });
      }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
