import { expect, onTestFinished, test } from "vitest";
import type { ProductName } from "../../../src/simulator/scim/products.ts";
import { type ScimSimulator, startScimSimulator } from "../../../src/simulator/scim/scim-simulator.ts";

const core = "urn:ietf:params:scim:schemas:core:2.0";
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0";

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  readonly body: any;
}

async function startLike(like: ProductName) {
  const simulator: ScimSimulator = await startScimSimulator({ like });
  onTestFinished(() => simulator.close());
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${simulator.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${simulator.token}`,
        "user-agent": "test",
        "content-type": "application/scim+json",
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };
  const patch = (path: string, ...operations: readonly unknown[]) =>
    call("PATCH", path, { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations });
  return { simulator, call, patch };
}

test("like Casdoor: filters do nothing, removals clear, and an organization is needed", async () => {
  const { simulator, call, patch } = await startLike("casdoor");
  const user = (userName: string, more: object = {}) => ({
    schemas: [`${core}:User`, `${enterprise}:User`],
    userName,
    [`${enterprise}:User`]: { organization: "acme" },
    ...more,
  });
  expect((await call("POST", "/Users", { schemas: [`${core}:User`], userName: "a" })).status).toBe(400);
  expect((await call("POST", "/Users", user("a", { active: true }))).status).toBe(400);
  expect((await call("POST", "/Users", user("a", { emails: [{ value: "x", type: "work" }] }))).status).toBe(400);
  const made = await call("POST", "/Users", user("a", { externalId: "1", emails: [{ value: "x" }, { value: "y" }] }));
  expect(made).toMatchObject({ status: 201, body: { externalId: "1", emails: [{ value: "x" }] } });
  expect(made.body.emails).toHaveLength(1);
  const b = (await call("POST", "/Users", user("b"))).body.id;
  const found = await call("GET", `/Users?filter=${encodeURIComponent('userName eq "b"')}`);
  expect(found.body.totalResults).toBe(2);
  expect((await patch(`/Users/${b}`, { op: "replace", path: "active", value: false })).status).toBe(400);
  await patch(`/Users/${made.body.id}`, { op: "replace", path: "externalId", value: "2" });
  expect((await call("GET", `/Users/${made.body.id}`)).body.externalId).toBe("1");

  const group = await call("POST", "/Groups", {
    schemas: [`${core}:Group`, `${enterprise}:Group`],
    displayName: "g",
    [`${enterprise}:Group`]: { organization: "acme" },
    members: [{ value: b }, { value: made.body.id }, { value: "nobody" }],
  });
  const path = `/Groups/${group.body.id}`;
  const members = () => simulator.control.dump().groups[0]?.members.length;
  expect(members()).toBe(2);
  expect((await patch(path, { op: "remove", path: `members[value eq "${b}"]` })).status).toBe(204);
  expect(members()).toBe(2);
  await patch(path, { op: "replace", path: "members", value: [{ value: b }] });
  expect(members()).toBe(1);
  await call("PUT", path, { ...group.body, members: [{ value: b }] });
  expect(members()).toBe(0);
  await patch(path, { op: "add", path: "members", value: [{ value: b }] });
  await patch(path, { op: "remove", path: "members" });
  expect(members()).toBe(0);
  const refused = await call("GET", "/Users", undefined, { authorization: "Bearer wrong" });
  expect(refused).toEqual({ status: 200, body: { status: "error", msg: expect.any(String) } });
});

test("like AWS: one value each, members one by one and never shown, eq alone", async () => {
  const { call, patch } = await startLike("aws");
  const user = (userName: string, more: object = {}) => ({
    schemas: [`${core}:User`],
    userName,
    displayName: "x",
    name: { givenName: "g", familyName: "f" },
    ...more,
  });
  expect((await call("POST", "/Users", { schemas: [`${core}:User`], userName: "a" })).status).toBe(400);
  const two = [{ value: "x" }, { value: "y" }];
  expect((await call("POST", "/Users", user("a", { emails: two }))).status).toBe(400);
  const a = (await call("POST", "/Users", user("a", { emails: two.slice(1) }))).body.id;
  const group = (await call("POST", "/Groups", { schemas: [`${core}:Group`], displayName: "g" })).body.id;
  expect((await patch(`/Groups/${group}`, { op: "add", path: "members", value: [{ value: a }] })).status).toBe(204);
  expect((await call("GET", `/Groups/${group}`)).body).not.toHaveProperty("members");
  expect((await patch(`/Groups/${group}`, { op: "replace", path: "members", value: [{ value: a }] })).status).toBe(400);
  expect((await patch(`/Groups/${group}`, { op: "remove", path: "members" })).status).toBe(400);
  expect((await patch(`/Groups/${group}`, { op: "remove", path: `members[value eq "${a}"]` })).status).toBe(204);
  const filtered = (filter: string) => call("GET", `/Users?filter=${encodeURIComponent(filter)}`);
  expect((await filtered('userName eq "a" and displayName eq "x"')).body.totalResults).toBe(1);
  expect((await filtered('userName sw "a"')).status).toBe(400);
  expect((await call("GET", "/Users", undefined, { "user-agent": "" })).status).toBe(403);
});

test("PUT only: PATCH is not supported, and that is said", async () => {
  const { call, patch } = await startLike("put-only");
  const { id } = (await call("POST", "/Users", { schemas: [`${core}:User`], userName: "a" })).body;
  expect((await call("GET", "/ServiceProviderConfig")).body.patch).toEqual({ supported: false });
  expect((await patch(`/Users/${id}`, { op: "replace", path: "title", value: "b" })).status).toBe(501);
  const put = await call("PUT", `/Users/${id}`, { schemas: [`${core}:User`], userName: "a", title: "b" });
  expect(put).toMatchObject({ status: 200, body: { title: "b" } });
});

test("like GitHub: without a User-Agent nothing goes", async () => {
  const { call } = await startLike("github");
  expect((await call("GET", "/Users", undefined, { "user-agent": "" })).status).toBe(403);
  expect((await call("GET", "/Users")).status).toBe(200);
});
