import { connect } from "node:net";
import { readInput } from "./lib/process.ts";

// Asks a server as fast as it answers: keep-alive connections, one question at a time on each. Written on sockets, since
// an HTTP client would take as much of the machine as the server that is measured. Every answer must be a 200 or 201 with
// a Content-Length, or a 204.

interface Input {
  readonly url: string;
  readonly token: string;
  /** Asked in turn; with `once`, each once at most, and the time ends when there are no more. */
  readonly paths: readonly string[];
  readonly once?: boolean;
  /** Absent: GET. */
  readonly method?: string;
  /** The body of each path. */
  readonly bodies?: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

const { url, token, paths, connections, seconds, once = false, method = "GET", bodies } = readInput<Input>();
const { hostname, port } = new URL(url);
const requests = paths.map((path, index) => {
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n`;
  const body = bodies?.[index];
  if (body === undefined) return Buffer.from(`${head}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(`${head}Content-Type: application/scim+json\r\nContent-Length: ${length}\r\n\r\n${body}`);
});
let turn = 0;
let endedAt = 0;
let answered = 0;
// A second to warm up, which is not counted.
const countFrom = performance.now() + 1000;
const until = countFrom + seconds * 1000;
await Promise.all(Array.from({ length: connections }, ask));
const measured = endedAt === 0 ? seconds : (endedAt - countFrom) / 1000;
process.stdout.write(JSON.stringify({ perSecond: answered / measured }));

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    let received: Buffer = Buffer.alloc(0);
    const next = (): void => {
      const request = requests[once ? turn : turn % requests.length];
      turn += 1;
      if (request !== undefined) {
        socket.write(request);
        return;
      }
      endedAt ||= performance.now();
      socket.end(resolve);
    };
    socket.once("connect", next).once("error", reject);
    socket.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = received.toString("latin1", 0, end);
      const length = head.startsWith("HTTP/1.1 204") ? "0" : /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
      if (!/^HTTP\/1\.1 20[014] /.test(head) || length === undefined) {
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
