import { describe, expect, it } from "vitest";
import type { AdminParts } from "../../../../src/http/admin/parts.ts";
import { makeApp } from "../../../../src/http/app.ts";
import { bulkRequestSchema, errorSchema, patchOpSchema, searchRequestSchema } from "../../../../src/scim/messages.ts";
import { coreUserSchema } from "../../../../src/scim/resource.ts";
import { userGroupSchemaUrn } from "../../../../src/scim/schemas/user-group.ts";
import { writeLimits } from "../../../../src/scim/write/limits.ts";
import { openSqlite } from "../../../../src/store/sqlite/open.ts";
import { testId } from "../../../store/filter-directory.ts";
import { noCallbacks, noSuites } from "../../../support/callbacks.ts";
import { noConsent } from "../../../support/consent.ts";
import { type Answer, clients, makeScimServer, toAnswer } from "../scim-server.ts";
import { expectError, expectStatus, listOf, onEachEndpoint, searchRequest, versionOf } from "./endpoint.ts";

// RFC 7644 §2, §3.1, §3.8, §3.12, §3.13: HTTP, and how a refusal looks.

onEachEndpoint("HTTP and errors", (scim, at) => {
  it("R-115 R-066 R-153 tells a message without its schemas what to add, and takes a resource without", async () => {
    const { path, json } = await scim.newUser();
    const Operations = [{ op: "replace", path: "title", value: "x" }];
    for (const [method, to, message, urn] of [
      ["PATCH", path, { Operations }, patchOpSchema],
      ["POST", "/Bulk", { Operations: [] }, bulkRequestSchema],
      ["POST", "/.search", {}, searchRequestSchema],
      ["POST", "/Users/.search", { count: 1 }, searchRequestSchema],
    ] as const) {
      for (const schemas of [undefined, null, [], urn, [coreUserSchema], [7]]) {
        const answer = await scim.send(method, to, { body: { ...message, schemas } });
        expectError(answer, 400, "invalidSyntax");
        expect(answer.json["detail"]).toBe(`schemas does not name the message: add "schemas": ["${urn}"] to the body`);
      }
      expectStatus(await scim.send(method, to, { body: { ...message, schemas: [urn] } }), 200);
    }
    expectStatus(await scim.put(path, { userName: json["userName"] }), 200);
    expectStatus(await scim.post("/Users", { userName: "without" }), 201);
    expectStatus(await scim.post("/Groups", { displayName: "without" }), 201);
  });

  it("R-057 R-058 answers application/scim+json, whatever is accepted", async () => {
    const { path } = await scim.newUser();
    for (const accept of ["application/scim+json", "application/json", "*/*", "text/html", "nonsense", ""]) {
      const answer = await scim.get(path, { accept });
      expectStatus(answer, 200);
      expect(answer.headers.get("content-type")).toContain("application/scim+json");
    }
  });

  it("R-059 R-058 answers 415 to other media types, wherever a body is read", async () => {
    const { path } = await scim.newUser();
    const headers = { "content-type": "text/xml" };
    for (const [method, at] of [
      ["POST", "/Users"],
      ["POST", "/Groups"],
      ["PUT", path],
      ["PATCH", path],
      ["POST", "/Bulk"],
      ["POST", "/.search"],
      ["POST", "/Users/.search"],
    ] as const) {
      expectError(await scim.send(method, at, { body: "<x/>", headers }), 415);
    }
  });

  it("R-061 answers 401 with WWW-Authenticate to whoever is not known, before anything else", async () => {
    const { path } = await scim.newUser();
    for (const [method, at] of [
      ["GET", "/Users"],
      ["POST", "/Users"],
      ["PUT", path],
      ["PATCH", path],
      ["DELETE", path],
      ["POST", "/Bulk"],
      ["GET", "/nothing"],
    ] as const) {
      const body = method === "GET" || method === "DELETE" ? {} : { body: "{" };
      const answer = await scim.send(method, at, { ...body, token: "nobody" });
      expectError(answer, 401);
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    }
    expectStatus(await scim.get(path), 200);
  });

  it("R-062 answers 405 with Allow to what is not defined", async () => {
    const { path } = await scim.newUser();
    for (const [method, at, allow] of [
      ["PUT", "/Users", "GET, HEAD, POST"],
      ["PATCH", "/Groups", "GET, HEAD, POST"],
      ["DELETE", "/Users", "GET, HEAD, POST"],
      ["POST", path, "GET, HEAD, PUT, PATCH, DELETE"],
      ["GET", "/Bulk", "POST"],
      ["PUT", "/Users/.search", "POST"],
      ["OPTIONS", "/Users", "GET, HEAD, POST"],
    ] as const) {
      const answer = await scim.send(method, at, {});
      expectError(answer, 405);
      expect(answer.headers.get("allow")).toBe(allow);
    }
  });

  it("R-063 TS-15 lets nobody write or find what his token does not show him", async () => {
    const clients = ["token-one", "token-none"] as const;
    const { path, id } = await scim.newUser({ userName: "a" });
    for (const token of clients) {
      expectError(await scim.send("GET", path, { token }), 404);
      expectError(await scim.send("PUT", path, { body: { userName: "b" }, token }), 404);
      expectError(await scim.send("DELETE", path, { token }), 404);
      expect((await scim.send("GET", `/Users?filter=id+eq+%22${id}%22`, { token })).json["totalResults"]).toBe(0);
    }
    expectStatus(await scim.get(path), 200);
  });

  it("R-151 answers 501 for /Me, whatever is asked of it", async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      expectError(await scim.send(method, "/Me", method === "GET" ? {} : { body: "{}" }), 501);
    }
  });

  it("R-152 R-153 gives each refusal its status as text, its keyword and a detail about what was sent", async () => {
    const { path } = await scim.newUser({ userName: "taken" });
    const patch = (operation: object) => scim.patch(path, operation);
    const cases = [
      [await scim.get("/Users?filter=nonsense"), 400, "invalidFilter", "filter"],
      [await scim.get("/Users?count=x"), 400, "invalidValue", "count"],
      [await scim.post("/Users/.search", "{"), 400, "invalidSyntax", "JSON"],
      [await scim.post("/Users", { userName: "TAKEN" }), 409, "uniqueness", "userName"],
      [await scim.post("/Users", { userName: "a", active: 7 }), 400, "invalidValue", "active"],
      [await scim.post("/Bulk", "{}"), 400, "invalidSyntax", bulkRequestSchema],
      [await scim.put(path, { title: "x" }), 400, "invalidValue", "userName"],
      [await patch({ op: "remove" }), 400, "noTarget", "Operations[0]"],
      [await patch({ op: "replace", path: "nonsense", value: 1 }), 400, "invalidPath", "Operations[0]"],
      [await patch({ op: "replace", path: "id", value: "x" }), 400, "mutability", "id"],
      [await scim.send("PATCH", path, { body: "{}" }), 400, "invalidSyntax", patchOpSchema],
      [await scim.get("/Users?cursor=x"), 400, "invalidCursor", "cursor"],
      [await scim.get("/Users?cursor&count=x"), 400, "invalidCount", "count"],
      [await scim.get(`/Users/${testId(999)}`), 404, undefined, "User"],
      [await scim.get("/Schemas?filter=x"), 403, undefined, "filter"],
    ] as const;
    for (const [answer, status, scimType, detail] of cases) {
      expectError(answer, status, scimType);
      expect(answer.json["detail"]).toContain(detail);
    }
  });

  it("R-152 says nothing in a refusal of what is in a person's data", async () => {
    const secret = "secret-value";
    await scim.newUser({ userName: secret });
    const answers = [
      await scim.post("/Users", { userName: secret }),
      await scim.post("/Users", { userName: "a", emails: [{ value: secret, primary: secret }] }),
      await scim.post("/Users", `{"userName":"${secret}"`),
      await scim.patch(`/Users/${testId(1)}`, { op: "replace", path: `emails[value eq "${secret}"]`, value: {} }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toContain(secret);
    }
  });

  it("TS-21 answers 429 with Retry-After to a client that asks too often, and to no other", async () => {
    const answers = [];
    for (let index = 0; index < 7; index += 1) answers.push(await scim.send("GET", "/Users", { token: "token-slow" }));
    expect(answers.slice(0, 5).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const last = answers[6] ?? answers[0];
    expectError(last as Answer, 429);
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expectStatus(await scim.get("/Users"), 200);
  });

  it("counts the operations of a bulk request, and leaves room for others between them", async () => {
    const Operations = Array.from({ length: 20 }, (_, at) => ({
      ...{ method: "POST", path: "/Users", bulkId: `b${at}` },
      data: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: `rate-${at}` },
    }));
    const bulk = { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], Operations };
    let othersMeanwhile = 0;
    let isDone = false;
    const sent = scim.send("POST", "/Bulk", { token: "token-slow-bulk", body: bulk }).then((answer) => {
      isDone = true;
      return answer;
    });
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      othersMeanwhile += 1;
    }
    expectStatus(await sent, 200);
    expect(othersMeanwhile).toBeGreaterThanOrEqual(20);
    const refused = await scim.send("GET", "/Users", { token: "token-slow-bulk" });
    expectError(refused, 429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(14);
  });

  it("R-066 says where a body ceases to be JSON, and nothing of what it says", async () => {
    const { path } = await scim.newUser();
    for (const [method, to] of [
      ["POST", "/Users"],
      ["PUT", path],
      ["PATCH", path],
      ["POST", "/Bulk"],
      ["POST", "/.search"],
    ] as const) {
      const broken = await scim.send(method, to, { body: '{\n  "userName": "wang.li" "x"' });
      expectError(broken, 400, "invalidSyntax");
      expect(broken.json["detail"]).toBe("The body is not JSON: look at line 2, column 25");
      const empty = await scim.send(method, to, { body: "" });
      expect(empty.json["detail"]).toBe("The body is not JSON: it is empty");
    }
  });

  it("bounds a resource alike by whatever way it is written, and names the attribute that is too large", async () => {
    const detail = `title makes this User too large: all of it may have ${writeLimits.documentBytes} bytes, and this has most of them`;
    const large = "部".repeat(170_000);
    const user = await scim.newUser({ nickName: "x".repeat(200_000) });
    const body = { schemas: [patchOpSchema], Operations: [{ op: "add", path: "title", value: large }] };
    const { userName } = user.json;
    const results = await scim.bulk([
      { method: "POST", path: "/Users", bulkId: "a", data: { userName: "a", title: large } },
      { method: "PUT", path: user.path, data: { userName, title: large } },
      { method: "PATCH", path: user.path, data: body },
    ]);
    for (const { status, response } of results) {
      expect({ status, response }).toMatchObject({ status: "400", response: { scimType: "invalidValue", detail } });
    }
    for (const answer of [
      await scim.post("/Users", { userName: "a", title: large }),
      await scim.put(user.path, { userName, title: large }),
      await scim.send("PATCH", user.path, { body }),
    ]) {
      expectError(answer, 400, "invalidValue");
      expect(answer.json["detail"]).toBe(detail);
    }
    const department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
    const inExtension = await scim.patch(user.path, { op: "add", path: department, value: "x".repeat(400_000) });
    expect(inExtension.json["detail"]).toContain(`${department} makes this User too large`);
    expect((await scim.get(user.path)).json).toEqual(user.json);
    // What is as large as may be can be read and written back, whatever way its characters are written.
    const largest = await scim.newUser({ title: "部".repeat(166_000) });
    const read = JSON.stringify((await scim.get(largest.path)).json);
    const escaped = read.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    expectStatus(await scim.put(largest.path, escaped), 200);
  });

  it("answers 413 to bodies that are too large, and more to groups than to others", async () => {
    const title = "x".repeat(1024 * 1024);
    expectError(await scim.post("/Users", { userName: "a", title }), 413);
    expectError(await scim.post("/Users/.search", searchRequest({ filter: title })), 413);
    // Read, and refused for its members only.
    const members = Array.from({ length: 30_000 }, (_, index) => ({ value: testId(index) }));
    expectError(await scim.post("/Groups", { displayName: "g", members }), 400, "invalidValue");
    expectError(await scim.post("/Groups", { displayName: "g", nonsense: title.repeat(8) }), 413);
    expect(await at.rows("select id from resource")).toEqual([]);
  });
});

onEachEndpoint(
  "what comes from a source",
  (scim) => {
    it("is changed there: 403 names the source, for whoever writes", async () => {
      const user = await scim.get(`/Users/${testId(1)}`);
      const group = await scim.get(`/Groups/${testId(100)}`);
      for (const path of [`/Users/${testId(1)}`, `/Groups/${testId(100)}`]) {
        const answers = [
          await scim.put(path, { userName: "x", displayName: "x" }),
          await scim.put(path, "{"),
          await scim.patch(path, { op: "replace", path: "displayName", value: "x" }),
          await scim.patch(path, { op: "remove", path: "members" }),
          await scim.delete(path),
        ];
        for (const answer of answers) {
          expectError(answer, 403);
          expect(answer.json["detail"]).toContain("总部-WeCom");
        }
      }
      expect((await scim.get(`/Users/${testId(1)}`)).json).toEqual(user.json);
      expect((await scim.get(`/Groups/${testId(100)}`)).json).toEqual(group.json);
    });

    it("R-065 keeps its userName from others, but its displayName is no user group's", async () => {
      expectError(await scim.post("/Users", { userName: "USER.1" }), 409, "uniqueness");
      await scim.newGroup({ displayName: "Group 100" });
    });

    it("TS-15 is not there for a client that does not see the source: not to add, not to remove, not to count", async () => {
      const token = "token-custom";
      const own = await scim.newUser();
      const group = await scim.newGroup({ displayName: "g", members: [{ value: testId(1) }, { value: own.id }] });
      const seen = async () => listOf((await scim.send("GET", group.path, { token })).json, "members").length;
      const patch = (operation: object) =>
        scim.send("PATCH", group.path, { body: { schemas: [patchOpSchema], Operations: [operation] }, token });
      expect(await seen()).toBe(1);
      const version = versionOf(await scim.get(group.path));
      expectError(await patch({ op: "add", path: "members", value: [{ value: testId(2) }] }), 400, "invalidValue");
      expectStatus(await patch({ op: "remove", path: `members[value eq "${testId(1)}"]` }), 204);
      expectStatus(await patch({ op: "remove", path: "members", value: [{ value: testId(1) }] }), 204);
      expect(versionOf(await scim.get(group.path))).toBe(version);
      expectStatus(await patch({ op: "replace", path: "members", value: [] }), 204);
      expect(await seen()).toBe(0);
      expectStatus(await scim.send("PUT", group.path, { body: { displayName: "g" }, token }), 200);
      expect(await scim.membersOf(group)).toEqual([testId(1)]);
      expectError(await scim.send("DELETE", `/Users/${testId(1)}`, { token }), 404);
      const dynamic = { [userGroupSchemaUrn]: { memberFilter: "userName pr" } };
      const made = await scim.send("POST", "/Groups", { body: { displayName: "d", ...dynamic }, token });
      expect(listOf(made.json, "members").map(({ value }) => value)).toEqual([own.id]);
      expect(listOf((await scim.get(`/Groups/${made.json["id"]}`)).json, "members")).toHaveLength(1);
      // A name that is taken is taken, whoever sees by whom: names are of the directory (RFC 7643 §4.1.1).
      expectError(await scim.send("POST", "/Users", { body: { userName: "user.1" }, token }), 409, "uniqueness");
    });

    it("may be in user groups", async () => {
      const group = await scim.newGroup({ members: [{ value: testId(1) }, { value: testId(100), type: "Group" }] });
      expect(await scim.membersOf(group)).toEqual([testId(1), testId(100)]);
      const { json } = await scim.get(`/Users/${testId(1)}`);
      expect(json["groups"]).toContainEqual(expect.objectContaining({ value: group.id }));
    });
  },
  { hasDirectory: true },
);

describe("the server as a whole", () => {
  it("R-060 speaks version 2 of the protocol at /scim/v2, and says invalidVers for others", async () => {
    const database = await openSqlite(":memory:");
    const { parts } = await makeScimServer(database);
    const log = { warn() {}, error() {}, info() {} };
    const admin = { log, publicUrl: "https://bridge.example.com", schemas: {} } as unknown as AdminParts;
    const app = makeApp({
      admin,
      scim: { ...parts, authenticate: async () => clients["token-all"] ?? null },
      callbacks: noCallbacks,
      consent: noConsent,
      suites: noSuites,
      isReady: async () => {},
      metrics: { read: async () => ({ contentType: "text/plain", text: "" }), token: async () => null },
    });
    const ask = async (path: string) => toAnswer(await app.request(path, { headers: { authorization: "Bearer t" } }));
    expectStatus(await ask("/scim/v2/Users"), 200);
    for (const path of ["/scim/v1/Users", "/scim/v3", "/scim/v1/", "/scim/v22/Users/1"]) {
      const answer = await ask(path);
      expectError(answer, 400, "invalidVers");
      expect(answer.json["schemas"]).toEqual([errorSchema]);
    }
    expectError(await ask("/scim/Users"), 404);
    await database.close();
  });
});
