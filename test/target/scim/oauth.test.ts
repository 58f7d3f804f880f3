import { expect, test } from "vitest";
import type { Reply, SeenRequest } from "./scripted-server.ts";
import { startScriptedServer } from "./scripted-server.ts";
import { errorOf, never, targetAt, withTarget } from "./with-target.ts";

const client = { type: "oauth2", clientId: "bridge&co", clientSecret: "s3cr&t", scope: "scim" } as const;

function isTokenRequest({ path }: SeenRequest): boolean {
  return path === "/token";
}

/** A server that is token endpoint and service provider in one. */
async function withOAuth(script: (request: SeenRequest, index: number) => Reply, clock: () => number = Date.now) {
  const { server } = await withTarget(script);
  const tokenUrl = `${new URL(server.url).origin}/token`;
  const target = targetAt(server.url, { auth: { ...client, tokenUrl }, clock });
  const tokens = () => server.requests.filter(isTokenRequest);
  return { target, server, tokens };
}

function tokenReply(token: string, more: object = { expires_in: 3600 }): Reply {
  return { body: { access_token: token, token_type: "Bearer", ...more } };
}

test("a token is asked for once, however many requests wait for it, and then kept", async () => {
  const { target, server, tokens } = await withOAuth((request) =>
    isTokenRequest(request) ? tokenReply("t1") : { body: { id: "1" } },
  );
  await Promise.all(Array.from({ length: 20 }, () => target.read("User", "1", never)));
  await target.read("User", "1", never);
  expect(tokens()).toHaveLength(1);
  const [request] = tokens();
  // RFC 6749 §2.3.1: both are form-encoded first.
  const basic = Buffer.from("bridge%26co:s3cr%26t").toString("base64");
  expect(request).toMatchObject({ method: "POST", body: "grant_type=client_credentials&scope=scim" });
  expect(request?.headers).toMatchObject({
    authorization: `Basic ${basic}`,
    "content-type": "application/x-www-form-urlencoded",
  });
  expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer t1");
});

test("it is renewed before it expires", async () => {
  let now = 0;
  const { target, server, tokens } = await withOAuth(
    (request, index) => (isTokenRequest(request) ? tokenReply(`t${index}`) : { body: { id: "1" } }),
    () => now,
  );
  await target.read("User", "1", never);
  now = 3_539_000;
  await target.read("User", "1", never);
  expect(tokens()).toHaveLength(1);
  now = 3_541_000;
  await target.read("User", "1", never);
  expect(tokens()).toHaveLength(2);
  expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer t3");
});

test("a refused token is replaced, and the request sent once more, a create too", async () => {
  let issued = 0;
  const { target, server, tokens } = await withOAuth((request) => {
    if (isTokenRequest(request)) {
      issued += 1;
      return tokenReply(`t${issued}`);
    }
    return request.headers.authorization === "Bearer t2" ? { status: 201, body: { id: "1" } } : { status: 401 };
  });
  await target.create("User", { userName: "a" }, never);
  expect(tokens()).toHaveLength(2);
  expect(server.requests.filter(({ method, path }) => method === "POST" && path !== "/token")).toHaveLength(2);
});

test("a second refusal is the answer", async () => {
  const { target, server } = await withOAuth((request) =>
    isTokenRequest(request) ? tokenReply("t") : { status: 401 },
  );
  expect(await errorOf(target.read("User", "1", never))).toMatchObject({ code: "unauthorized", status: 401 });
  expect(server.requests).toHaveLength(4);
});

test("a server that wants the secret in the body gets it there, and is not asked the other way again", async () => {
  let now = 0;
  const { target, tokens } = await withOAuth(
    (request) => {
      if (!isTokenRequest(request)) return { body: { id: "1" } };
      if (request.headers.authorization) return { status: 401, body: { error: "invalid_client" } };
      return tokenReply("t");
    },
    () => now,
  );
  await target.read("User", "1", never);
  now = 10_000_000;
  await target.read("User", "1", never);
  expect(tokens()).toHaveLength(3);
  expect(new URLSearchParams(tokens()[2]?.body).get("client_secret")).toBe("s3cr&t");
});

test.each<[string, Reply, string]>([
  ["a refusal", { status: 400, body: { error: "invalid_scope", error_description: "s3cr&t" } }, "unauthorized"],
  ["a failure", { status: 500, body: "<html>s3cr&t" }, "unavailable"],
  ["a web page", { body: "<html>sign in" }, "nonsense"],
  ["a token that is none", tokenReply("a b\r\nc"), "nonsense"],
  ["a reset", { instead: (_, socket) => socket.resetAndDestroy() }, "unavailable"],
])("%s of the token endpoint leaves nothing in doubt and shows no secret", async (_, reply, code) => {
  const { target, server } = await withOAuth(() => reply);
  const error = await errorOf(target.create("User", { userName: "a" }, never));
  expect(error).toMatchObject({ code, doubt: false });
  expect(error.message).toMatch(/token endpoint/);
  expect(error.message).not.toContain("s3cr&t");
  expect(server.requests.filter((request) => !isTokenRequest(request))).toEqual([]);
});

test("after a failed attempt the next request asks again", async () => {
  let attempts = 0;
  const { target } = await withOAuth((request) => {
    if (!isTokenRequest(request)) return { body: { id: "1" } };
    attempts += 1;
    return attempts === 1 ? { status: 500 } : tokenReply("t");
  });
  await errorOf(target.read("User", "1", never));
  expect(await target.read("User", "1", never)).toMatchObject({ id: "1" });
});

test("who stops waiting does not stop the others", async () => {
  const stop = new AbortController();
  const server = await startScriptedServer((request) => {
    if (!isTokenRequest(request)) return { body: { id: "1" } };
    stop.abort(new Error("stopped"));
    return tokenReply("t");
  });
  const target = targetAt(server.url, { auth: { ...client, tokenUrl: `${new URL(server.url).origin}/token` } });
  const [stopped, other] = await Promise.allSettled([
    target.read("User", "1", stop.signal),
    target.read("User", "1", never),
  ]);
  await server.close();
  expect(stopped).toMatchObject({ status: "rejected", reason: { message: "stopped" } });
  expect(other).toMatchObject({ status: "fulfilled" });
});
