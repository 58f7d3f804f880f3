import { expect, test } from "vitest";
import { enterpriseUrn, groupUrn, start, userUrn, wecomUrn } from "./support.ts";

const user = { schemas: [userUrn], userName: "a" };

test("a body against the schema is refused, and every breach in it recorded", async () => {
  const cases: readonly (readonly [body: object, scimType: string, rules: readonly string[]])[] = [
    [{ userName: "a" }, "invalidSyntax", ["schemas-missing!"]],
    [{ ...user, schemas: [] }, "invalidSyntax", ["schemas-missing!"]],
    [{ ...user, schemas: [groupUrn] }, "invalidSyntax", ["schemas-unknown!", "schemas-missing!"]],
    [{ ...user, schemas: [userUrn, "urn:x"] }, "invalidSyntax", ["schemas-unknown!"]],
    [{ ...user, [enterpriseUrn]: { department: "d" } }, "invalidSyntax", ["schemas-undeclared!"]],
    [{ ...user, department: "d" }, "invalidSyntax", ["attribute-unknown!"]],
    [{ ...user, name: { nick: "n" } }, "invalidSyntax", ["attribute-unknown!"]],
    [{ ...user, constructor: "x", "urn:x": {} }, "invalidSyntax", ["attribute-unknown!", "attribute-unknown!"]],
    [{ ...user, UserName: "b" }, "invalidSyntax", ["attribute-twice!"]],
    [{ schemas: [userUrn] }, "invalidValue", ["attribute-required!"]],
    [{ ...user, userName: "" }, "invalidValue", ["attribute-required!", "attribute-required!"]],
    [{ ...user, active: "true" }, "invalidValue", ["attribute-type!"]],
    [{ ...user, title: 7 }, "invalidValue", ["attribute-type!"]],
    [{ ...user, emails: { value: "x" } }, "invalidValue", ["attribute-type!"]],
    [{ ...user, emails: ["x"] }, "invalidValue", ["attribute-type!"]],
    [{ ...user, name: "n" }, "invalidValue", ["attribute-type!"]],
    [{ ...user, photos: [{ value: "not a uri" }] }, "invalidValue", ["attribute-type!"]],
    [{ ...user, x509Certificates: [{ value: "not base64!" }] }, "invalidValue", ["attribute-type!"]],
    [
      { ...user, schemas: [userUrn, wecomUrn], [wecomUrn]: { gender: 1, status: "1", mainDepartment: 1.5 } },
      "invalidValue",
      ["attribute-type!", "attribute-type!", "attribute-type!"],
    ],
    [
      {
        ...user,
        emails: [
          { value: "x", primary: true },
          { value: "y", primary: true },
        ],
      },
      "invalidValue",
      ["value-primary!"],
    ],
    [
      { ...user, schemas: [userUrn, enterpriseUrn], [enterpriseUrn]: { manager: { value: "nobody" } } },
      "invalidValue",
      ["manager-unknown!"],
    ],
  ];
  for (const [body, scimType, rules] of cases) {
    const { call, broken, simulator } = await start();
    const answer = await call("POST", "/Users", body);
    expect([body, answer.status, answer.body["scimType"], broken()]).toEqual([body, 400, scimType, rules]);
    expect(simulator.control.counts().users).toBe(0);
  }
});

test("__proto__ as an attribute is unknown like any other, and as a value a text", async () => {
  const { call, broken, simulator } = await start();
  const body = `{"schemas":["${userUrn}"],"userName":"a","__proto__":{"active":true}}`;
  expect((await call("POST", "/Users", body)).status).toBe(400);
  expect(broken()).toEqual(["attribute-unknown!"]);
  expect((await call("POST", "/Users", { ...user, userName: "__proto__" })).status).toBe(201);
  expect(simulator.control.dump().users[0]?.resource["userName"]).toBe("__proto__");
});

test("what is legal and careless is done and noted", async () => {
  const cases: readonly (readonly [attributes: object, kept: object, rules: readonly string[]])[] = [
    [{ id: "mine" }, {}, ["attribute-read-only"]],
    [{ meta: { resourceType: "User" }, groups: [] }, {}, ["attribute-read-only", "attribute-read-only"]],
    [{ title: null, name: { givenName: null } }, {}, ["value-null", "value-null"]],
    [{ emails: [], name: {} }, {}, ["value-empty", "value-empty"]],
    [
      {
        emails: [
          { value: "x", type: "work" },
          { value: "x", type: "work" },
        ],
      },
      {
        emails: [
          { value: "x", type: "work" },
          { value: "x", type: "work" },
        ],
      },
      ["value-duplicate"],
    ],
    [{ schemas: [userUrn, userUrn] }, {}, ["value-duplicate"]],
  ];
  for (const [attributes, kept, rules] of cases) {
    const { call, broken } = await start();
    const { status, body } = await call("POST", "/Users", { ...user, ...attributes });
    const { id, meta: _, ...rest } = body;
    expect([attributes, status, rest, broken()]).toEqual([attributes, 201, { ...user, ...kept }, rules]);
    expect(id).not.toBe("mine");
  }
});

test("a PUT may send back the id that it was given, and no other read-only attribute", async () => {
  const client = await start();
  const id = await client.user("a");
  await client.call("PUT", `/Users/${id}`, { ...user, id, title: "t" });
  expect(client.broken()).toEqual([]);
  await client.call("PUT", `/Users/${id}`, { ...user, id: "other", meta: {}, title: "u" });
  expect(client.broken()).toEqual(["attribute-read-only", "attribute-read-only"]);
});

test("a body of another kind, or one that is no JSON object, is refused", async () => {
  const { call, broken } = await start();
  const post = async (body: string, type: string) => {
    const { status } = await call("POST", "/Users", body, { "content-type": type });
    return status;
  };
  const right = JSON.stringify(user);
  expect(await post(right, "text/plain")).toBe(415);
  expect(await post(right, "application/scim+json; charset=gbk")).toBe(415);
  expect(await post(right.slice(1), "application/scim+json")).toBe(400);
  expect(await post("[]", "application/scim+json")).toBe(400);
  expect(await post("", "application/scim+json")).toBe(400);
  expect(await post(right, 'application/scim+json; charset="UTF-8"')).toBe(201);
  expect(broken()).toEqual(["http-media-type!", "http-media-type!", "http-json!", "http-json!", "http-json!"]);
  expect(await post(JSON.stringify({ ...user, userName: "b" }), "application/json")).toBe(201);
  expect(broken().at(-1)).toBe("http-media-type");
});

test("methods and endpoints that are not defined are refused", async () => {
  const client = await start();
  const { call, broken } = client;
  const id = await client.user("a");
  expect((await call("DELETE", "/Users")).status).toBe(405);
  const { status, headers } = await call("POST", `/Users/${id}`, user);
  expect([status, headers.get("allow")]).toEqual([405, "GET, PUT, PATCH, DELETE"]);
  expect((await call("GET", "/Users", undefined, { accept: "text/html" })).status).toBe(406);
  expect((await call("GET", "/Me")).status).toBe(501);
  expect((await call("GET", "/Devices")).body).toMatchObject({ status: "404" });
  expect((await call("GET", "/Users/%E0%A4%A")).status).toBe(404);
  expect(broken()).toEqual(["http-method!", "http-method!", "http-accept!", "feature-unsupported!"]);
});

test("a violation names the place and the rule, and nothing of the values", async () => {
  const { call, simulator } = await start({ now: () => Date.UTC(2026, 0, 2) });
  await call("POST", "/Users?attributes=id", { ...user, userName: "zhang.san", active: "zhang.san" });
  expect(simulator.control.violations()).toEqual([
    {
      at: "2026-01-02T00:00:00.000Z",
      method: "POST",
      path: "/Users",
      rule: "attribute-type",
      sentence: expect.stringContaining("RFC 7643"),
      detail: "active is expected to be of type boolean.",
      refused: true,
    },
  ]);
});
