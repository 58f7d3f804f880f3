import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// A server that has nothing else to do: how late its answers are is the machine's doing.

const server = createServer((_, response) => response.end("ok"));
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
