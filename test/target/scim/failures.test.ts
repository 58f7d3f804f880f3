import { describe, expect, test, vi } from "vitest";
import { type Reply, scimError } from "./scripted-server.ts";
import { errorOf, never, targetAt, withTarget } from "./with-target.ts";

const user = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  userName: "zhang.san",
  displayName: "张三",
  phoneNumbers: [{ type: "mobile", value: "+86 138 0013 8000" }],
};
const patch = [{ op: "replace" as const, path: "title", value: "Engineer" }];

async function createAgainst(reply: Reply) {
  const { target, server } = await withTarget(() => reply);
  const error = await errorOf(target.create("User", user, never));
  expect(server.requests).toHaveLength(1);
  return error;
}

describe("a create that the server answers with", () => {
  test.each<[string, Reply, string, boolean]>([
    ["409", scimError(409, "taken", "uniqueness"), "conflict", false],
    ["409 without a body", { status: 409 }, "conflict", false],
    ["400 uniqueness", scimError(400, "taken", "uniqueness"), "conflict", false],
    ["400", scimError(400, "no", "invalidValue"), "refused", false],
    ["403", scimError(403, "no"), "refused", false],
    ["412", scimError(412, "no"), "refused", false],
    ["413", { status: 413, body: "too large" }, "refused", false],
    ["501", scimError(501, "no"), "refused", false],
    ["401", { status: 401 }, "unauthorized", false],
    ["404 and a web page", { status: 404, body: "<!DOCTYPE html><p>no" }, "nonsense", false],
    ["404 and nothing", { status: 404 }, "nonsense", false],
    ["404 and a SCIM error", scimError(404, "no such member"), "refused", false],
    ["429", scimError(429, "slower"), "throttled", false],
    ["503", { status: 503, body: "<html>maintenance" }, "throttled", true],
    ["500", scimError(500, "oops"), "unavailable", true],
    ["502 and a web page", { status: 502, body: "<html>bad gateway" }, "unavailable", true],
    ["408", { status: 408 }, "unavailable", true],
    ["201 and a web page", { status: 201, body: "<html>welcome" }, "nonsense", true],
    ["201 and half a JSON", { status: 201, body: '{"id":"1","userNa' }, "nonsense", true],
    ["201 and nothing", { status: 201 }, "nonsense", true],
    ["201 and no id", { status: 201, body: { userName: "zhang.san" } }, "nonsense", true],
    ["201 and an array", { status: 201, body: [] }, "nonsense", true],
    [
      "201 and bytes that are no text",
      { status: 201, instead: (r) => r.end(Buffer.from([0x22, 0xff, 0x22])) },
      "nonsense",
      true,
    ],
    ["202", { status: 202, body: { id: "1" } }, "nonsense", true],
    ["200 and an error of its own kind", { body: { status: "error", msg: "please sign in" } }, "refused", false],
  ])("%s", async (_, reply, code, doubt) => {
    expect(await createAgainst(reply)).toMatchObject({ code, doubt });
  });

  test("a redirect is not followed, and the error says where it points, without the query", async () => {
    const reply = { status: 302, headers: { location: "https://login.example.com/start?state=abc" } };
    const error = await createAgainst(reply);
    expect(error).toMatchObject({ code: "nonsense", status: 302, doubt: false });
    expect(error.message).toContain("https://login.example.com/start)");
    expect(error.message).not.toContain("abc");
  });
});

describe("a request that gets no whole answer", () => {
  test("a reset after the request arrived leaves a write in doubt, a read not", async () => {
    const { target } = await withTarget(() => ({ instead: (_, socket) => socket.resetAndDestroy() }));
    expect(await errorOf(target.create("User", user, never))).toMatchObject({
      code: "unavailable",
      status: null,
      doubt: true,
    });
    expect(await errorOf(target.read("User", "1", never))).toMatchObject({ code: "unavailable", doubt: false });
  });

  test("a reset in the middle of the answer leaves a write in doubt", async () => {
    const { target } = await withTarget(() => ({
      instead: (response, socket) => {
        response.writeHead(201, { "content-length": "1000" });
        response.write('{"id":', () => socket.resetAndDestroy());
      },
    }));
    expect(await errorOf(target.create("User", user, never))).toMatchObject({ code: "unavailable", doubt: true });
  });

  test("a refused connection leaves nothing in doubt", async () => {
    const { target, server } = await withTarget(() => ({}));
    await server.close();
    const error = await errorOf(target.create("User", user, never));
    expect(error).toMatchObject({ code: "unavailable", status: null, doubt: false });
    expect(error.message).toContain("connection refused");
  });

  test("a host that does not exist is named as such", async () => {
    const error = await errorOf(targetAt("http://scim.invalid/v2").create("User", user, never));
    expect(error).toMatchObject({ code: "unavailable", doubt: false });
  });

  test("silence ends with the timeout, in doubt", async () => {
    const { target } = await withTarget(() => ({ instead: () => {} }), { timeoutMs: 50 });
    const error = await errorOf(target.modify("User", "1", patch, never));
    expect(error).toMatchObject({ code: "unavailable", doubt: true });
    expect(error.message).toContain("PATCH /Users/1: no complete answer within 0.05 s");
  });

  test("an answer that drips without end ends with the same timeout", async () => {
    const timers: NodeJS.Timeout[] = [];
    const drip: Reply = {
      instead: (response) => {
        response.writeHead(200);
        timers.push(setInterval(() => response.write(" "), 5));
      },
    };
    const { target } = await withTarget(() => drip, { timeoutMs: 80 });
    expect(await errorOf(target.read("User", "1", never))).toMatchObject({ code: "unavailable" });
    for (const timer of timers) clearInterval(timer);
  });

  test("an answer without end is not read to it", async () => {
    const flood: Reply = {
      instead: (response) => {
        const chunk = Buffer.alloc(1 << 20, " ");
        const pour = (): void => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on("drain", pour);
        pour();
      },
    };
    const { target } = await withTarget(() => flood);
    const error = await errorOf(target.read("User", "1", never));
    expect(error).toMatchObject({ code: "nonsense", doubt: false });
    expect(error.message).toContain("too long");
  });

  test("stopping throws the reason of the one who stopped", async () => {
    const stop = new AbortController();
    const { target } = await withTarget(() => ({ instead: () => stop.abort(new Error("the process ends")) }));
    await expect(target.create("User", user, stop.signal)).rejects.toThrow("the process ends");
    await expect(target.create("User", user, stop.signal)).rejects.toThrow("the process ends");
  });
});

describe("how long to wait", () => {
  test.each([
    ["seconds", "17", 17_000],
    ["a date", "Tue, 01 Jul 2025 00:00:30 GMT", 30_000],
    ["a date that is over", "Mon, 30 Jun 2025 00:00:00 GMT", 0],
    ["neither", "soon", null],
    ["a negative number", "-5", null],
  ])("Retry-After in %s", async (_, header, expected) => {
    const clock = (): number => Date.UTC(2025, 6, 1);
    const reply = { ...scimError(429, "slower"), headers: { "retry-after": header } };
    const { target } = await withTarget(() => reply, { clock });
    const error = await errorOf(target.modify("User", "1", patch, never));
    expect(error).toMatchObject({ code: "throttled", status: 429, doubt: false, retryAfterMs: expected });
  });
});

describe("what an error says", () => {
  test("the method, the collection, the status, the scimType and the server's words", async () => {
    const error = await createAgainst(scimError(400, "title is longer than 20", "invalidValue"));
    expect(error.message).toBe("POST /Users answered 400: invalidValue: title is longer than 20");
  });

  test("nothing that was sent comes back, in whatever case, and no two-character name", async () => {
    const words = 'User "ZHANG.SAN" (张三, +86 138 0013 8000) exists, type mobile';
    const error = await createAgainst(scimError(409, words, "uniqueness"));
    expect(error.message).toBe('POST /Users answered 409: uniqueness: User "…" (…, …) exists, type mobile');
  });

  test("nor the value that was looked for", async () => {
    const { target } = await withTarget((request) => scimError(400, decodeURIComponent(request.path), "invalidFilter"));
    const error = await errorOf(target.find("User", "userName", "li.si", never));
    expect(error.message).toContain('userName eq "…"');
    expect(error.message).not.toContain("li.si");
  });

  test.each([
    [{ type: "bearer", token: "s3cret" } as const, "s3cret"],
    [{ type: "basic", username: "bridge", password: "s3cret" } as const, "s3cret"],
    [{ type: "basic", username: "bridge", password: "s3cret" } as const, "YnJpZGdlOnMzY3JldA=="],
    [{ type: "header", name: "X-Api-Key", value: "s3cret" } as const, "s3cret"],
  ])("nor our credentials, where the server repeats them (%o)", async (auth, secret) => {
    const { target } = await withTarget(({ headers }) => scimError(400, JSON.stringify(headers)), { auth });
    const error = await errorOf(target.read("User", "1", never));
    expect(error.message).toContain("wecom-scim-bridge/1.2.3");
    expect(error.message).not.toContain(secret);
  });

  test("long explanations are cut and control characters taken out", async () => {
    const error = await createAgainst(scimError(400, `bad\u001b[31m\r\nFAKE LOG LINE\u202e ${"x".repeat(2000)}`));
    expect(error.message).toContain("bad [31m FAKE LOG LINE xxx");
    expect(error.message.length).toBeLessThan(340);
  });

  test("an explanation too long to be cleaned is not shown", async () => {
    expect((await createAgainst(scimError(400, "y".repeat(30_000)))).message).not.toContain("yyy");
  });
});

describe("a resource that is not there", () => {
  const missing = scimError(404, "not found");

  test("is missing for a change and a removal, null for a read", async () => {
    const { target } = await withTarget(() => missing);
    expect(await errorOf(target.modify("User", "1", patch, never))).toMatchObject({ code: "missing", status: 404 });
    expect(await errorOf(target.replace("User", "1", user, never))).toMatchObject({ code: "missing" });
    expect(await target.read("User", "1", never)).toBeNull();
    expect(await errorOf(target.remove("User", "1", never))).toMatchObject({ code: "missing", status: 404 });
  });

  test("a 404 without a body counts the same", async () => {
    const { target } = await withTarget(() => ({ status: 404 }));
    expect(await target.read("Group", "1", never)).toBeNull();
    expect(await errorOf(target.remove("Group", "1", never))).toMatchObject({ code: "missing" });
  });

  test("a web page with status 404 says nothing about the resource: the removal did not happen", async () => {
    const { target } = await withTarget(() => ({ status: 404, body: "<!doctype html><title>Not Found</title>" }));
    expect(await errorOf(target.remove("User", "1", never))).toMatchObject({ code: "nonsense", status: 404 });
  });
});

test("a refused read of a collection concerns the credentials", async () => {
  const { target } = await withTarget(() => scimError(403, "no"));
  expect(await errorOf(target.find("User", "userName", "a", never))).toMatchObject({ code: "unauthorized" });
});

test("a change is done whether the server answers with the resource, with nothing, or with too much", async () => {
  const long: Reply = { instead: (response) => response.end(`{"id":"1","x":"${"m".repeat(17 << 20)}"}`) };
  const replies: Reply[] = [{ status: 204 }, { body: { id: "1" } }, { body: { schemas: [] } }, { status: 200 }, long];
  const { target, server } = await withTarget((_, index) => replies[index] ?? { status: 500 });
  for (const _ of replies) await target.modify("User", "1", patch, never);
  expect(server.requests).toHaveLength(replies.length);
});

test("a change that is answered with a sign-in page did perhaps not happen", async () => {
  const { target } = await withTarget(() => ({ body: "<html>Sign in</html>" }));
  expect(await errorOf(target.modify("User", "1", patch, never))).toMatchObject({ code: "nonsense", doubt: true });
});

test("an id that would change the path is never sent", async () => {
  const script = vi.fn(() => ({ status: 204 }));
  const { target } = await withTarget(script);
  for (const id of ["", ".", "..", "\ud800"]) {
    expect(await errorOf(target.remove("User", id, never))).toMatchObject({ code: "nonsense", doubt: false });
  }
  expect(script).not.toHaveBeenCalled();
});
