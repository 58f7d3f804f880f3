import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { parseAddressPolicy } from "../../../src/lib/address.ts";
import { certificateProblem } from "../../../src/lib/certificate.ts";
import { type Certificate, makeAuthority } from "../../support/certificates.ts";
import { errorOf, never, targetAt } from "./with-target.ts";

const authority = makeAuthority("An authority of ours");
const user = JSON.stringify({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], id: "1", userName: "a" });

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTPS server with this certificate; counts what reaches it. */
async function startServer(certificate: Certificate) {
  const seen: string[] = [];
  const port = await listening(
    createHttpsServer({ ...certificate }, (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/scim+json" });
      response.end(user);
    }),
  );
  return { url: `https://127.0.0.1:${port}/scim/v2`, port, seen };
}

/** An HTTP proxy that opens tunnels, or answers this status instead. */
async function startProxy(status = 200) {
  const tunnels: string[] = [];
  const server = createHttpServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, socket) => {
    tunnels.push(request.url ?? "");
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const inner = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      inner.pipe(socket).pipe(inner);
    });
    for (const each of [inner, socket]) each.on("error", () => each.destroy());
    onTestFinished(() => void inner.destroy());
  });
  return { url: `http://127.0.0.1:${await listening(server)}`, tunnels };
}

const create = (target: ReturnType<typeof targetAt>) => target.create("User", { schemas: [], userName: "a" }, never);

test("a certificate of an authority of one's own is taken where it was entered, and nowhere else", async () => {
  const server = await startServer(authority.issue("127.0.0.1"));
  expect(await create(targetAt(server.url, { ca: authority.cert }))).toMatchObject({ id: "1" });
  const error = await errorOf(create(targetAt(server.url)));
  expect(error).toMatchObject({ code: "unavailable", doubt: false });
  expect(error.message).toMatch(/authority that is not trusted here|certificate chain/);
  const other = makeAuthority("Another one").cert;
  expect((await errorOf(create(targetAt(server.url, { ca: other })))).message).toMatch(/certificate/);
  expect(server.seen).toEqual(["POST /scim/v2/Users"]);
});

test("a certificate for another host is refused, though its authority is trusted", async () => {
  const server = await startServer(authority.issue("other.example.com"));
  const error = await errorOf(create(targetAt(server.url, { ca: authority.cert })));
  expect(error).toMatchObject({ code: "unavailable", doubt: false });
  expect(error.message).toMatch(/certificate is for another host name/);
  expect(server.seen).toEqual([]);
});

test("calls go through the proxy, and the server's certificate is verified behind it", async () => {
  const server = await startServer(authority.issue("127.0.0.1"));
  const proxy = await startProxy();
  const target = targetAt(server.url, { ca: authority.cert, proxy: proxy.url });
  expect(await create(target)).toMatchObject({ id: "1" });
  expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
  const error = await errorOf(create(targetAt(server.url, { proxy: proxy.url })));
  expect(error).toMatchObject({ code: "unavailable", doubt: false });
  expect(error.message).toMatch(/certificate/);
  expect(server.seen).toHaveLength(1);

  // Many at once, over no more tunnels than connections.
  const many = targetAt(server.url, { ca: authority.cert, proxy: proxy.url, concurrency: 3 });
  await Promise.all(Array.from({ length: 20 }, () => create(many)));
  expect(server.seen).toHaveLength(21);
  expect(proxy.tunnels.length).toBeLessThanOrEqual(2 + 3);
});

test("a proxy that is not there, or does not let through, leaves no doubt: nothing was sent", async () => {
  const server = await startServer(authority.issue("127.0.0.1"));
  const closed = await startProxy(403);
  const asking = await startProxy(407);
  const behind = (proxy: string) => errorOf(create(targetAt(server.url, { ca: authority.cert, proxy })));
  expect(await behind(closed.url)).toMatchObject({ code: "unavailable", doubt: false });
  expect((await behind(closed.url)).message).toMatch(/the proxy does not let it through \(403\)/);
  expect((await behind(asking.url)).message).toMatch(/the proxy asks for credentials/);
  const nobody = await behind("http://127.0.0.1:9");
  expect(nobody).toMatchObject({ code: "unavailable", doubt: false });
  expect(nobody.message).toMatch(/nothing listens there/);
  expect(server.seen).toEqual([]);
});

test("private addresses are refused as a proxy, and as a server behind one", async () => {
  const server = await startServer(authority.issue("127.0.0.1"));
  const proxy = await startProxy();
  const refused = parseAddressPolicy("false");
  const asProxy = { proxy: proxy.url, allowAddress: refused };
  for (const baseUrl of ["https://scim.example.com/v2", server.url]) {
    expect((await errorOf(create(targetAt(baseUrl, asProxy)))).message).toMatch(/private, local or reserved address/);
  }
  const named = { proxy: proxy.url.replace("127.0.0.1", "localhost"), allowAddress: refused };
  expect((await errorOf(create(targetAt("https://scim.example.com/v2", named)))).message).toMatch(/private, local/);
  expect(proxy.tunnels).toEqual([]);
});

test("what is no certificate is told apart from what is", () => {
  expect(certificateProblem(authority.cert)).toBeNull();
  expect(certificateProblem(`two\n${authority.cert}${authority.issue("a").cert}`)).toBeNull();
  expect(certificateProblem("PEM")).toMatch(/no certificate in PEM/);
  expect(certificateProblem(authority.cert + authority.key)).toMatch(/holds a private key/);
  const broken = authority.cert.replace(/\n[A-Za-z0-9+/]{10}/, "\nAAAAAAAAAA");
  expect(certificateProblem(authority.cert + broken)).toBe("certificate 2 of 2 cannot be read");
});
