import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { onTestFinished } from "vitest";

export interface ConnectProxy {
  readonly port: number;
  /** What was asked of it: method, where to, and the credentials as they came. */
  readonly asked: { readonly to: string; readonly authorization: string | undefined }[];
  /** How many of them were let through. */
  tunnels(): number;
}

/** An HTTP proxy that opens tunnels, for one user if there is one, or answers this status instead. */
export async function startConnectProxy({
  user,
  status,
}: {
  user?: string;
  status?: number;
} = {}): Promise<ConnectProxy> {
  const asked: ConnectProxy["asked"] = [];
  let tunnels = 0;
  const wanted = user === undefined ? undefined : `Basic ${Buffer.from(user).toString("base64")}`;
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, socket) => {
    const authorization = request.headers["proxy-authorization"];
    asked.push({ to: request.url ?? "", authorization });
    const refusal = status ?? (authorization === wanted ? null : 407);
    if (refusal !== null) return void socket.end(`HTTP/1.1 ${refusal} ${authorization ?? "No"}\r\n\r\n`);
    tunnels += 1;
    const { hostname, port } = new URL(`http://${request.url}`);
    const inner = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      inner.pipe(socket).pipe(inner);
    });
    for (const each of [inner, socket]) each.on("error", () => each.destroy());
    socket.on("close", () => inner.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, asked, tunnels: () => tunnels };
}
