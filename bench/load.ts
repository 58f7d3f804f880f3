import { connect } from "node:net";
import { readInput } from "./lib/process.ts";

// Asks a server as fast as it answers: keep-alive connections, one question at a time on each. Written on sockets, since
// an HTTP client would take as much of the machine as the server that is measured. Every answer must be a 200 with a
// Content-Length.

interface Input {
  readonly url: string;
  readonly token: string;
  /** Asked in turn. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

const { url, token, paths, connections, seconds } = readInput<Input>();
const { hostname, port } = new URL(url);
const requests = paths.map((path) =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`),
);
let turn = 0;
let answered = 0;
// A second to warm up, which is not counted.
const countFrom = performance.now() + 1000;
const until = countFrom + seconds * 1000;
await Promise.all(Array.from({ length: connections }, ask));
process.stdout.write(JSON.stringify({ perSecond: answered / seconds }));

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    let received: Buffer = Buffer.alloc(0);
    const next = (): void => {
      turn = (turn + 1) % requests.length;
      const request = requests[turn];
      if (request !== undefined) socket.write(request);
    };
    socket.once("connect", next).once("error", reject);
    socket.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = received.toString("latin1", 0, end);
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
      if (!head.startsWith("HTTP/1.1 200") || length === undefined) {
        reject(new Error(`an answer that was not expected: ${head}`));
        socket.destroy();
        return;
      }
      if (received.length < end + 4 + Number(length)) return;
      received = Buffer.alloc(0);
      const now = performance.now();
      if (now >= countFrom && now < until) answered += 1;
      if (now < until) next();
      else socket.end(resolve);
    });
  });
}
