import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { memberOperations } from "../../../src/target/scim/member-operations.ts";
import { patchOperations } from "../../../src/target/scim/patch.ts";
import { renderForTarget } from "../../../src/target/scim/render.ts";
import type { Capabilities } from "../../../src/target/target.ts";
import { type ScimmyServer, startScimmyServer } from "../../support/scimmy-server.ts";
import { collect, errorOf, never, profileWith, targetAt } from "./with-target.ts";

// A second opinion of the RFC: scimmy-routers on Express.

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const wecom = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

let server: ScimmyServer;
beforeAll(async () => {
  server = await startScimmyServer();
});
afterAll(() => server.close());

function target(facts: Readonly<Record<string, unknown>> = {}) {
  return targetAt(server.url, { auth: { type: "bearer", token: server.token }, profile: profileWith(facts) });
}

function stored(resources: readonly (JsonObject | object)[], id: string): JsonObject {
  return resources.find((resource) => "id" in resource && resource.id === id) as JsonObject;
}

function rendered(document: JsonObject, capabilities: Capabilities, managerRemoteId: string | null = null): JsonObject {
  return renderForTarget(document, { type: "User", capabilities, managerRemoteId });
}

const document: JsonObject = {
  id: "ours-1",
  externalId: "ZhangSan",
  userName: "ZhangSan",
  displayName: '张三 "O\'Neil"',
  name: { formatted: "张三" },
  title: "经理",
  active: true,
  emails: [{ value: "zhangsan@example.com", type: "work", primary: true }],
  phoneNumbers: [{ value: "+8613800138000", type: "mobile", primary: true }],
  [enterprise]: { department: "研发", manager: { value: "ours-0" } },
  [wecom]: { gender: "male" },
};

test("the connection test is good, and tells the schemas", async () => {
  const result = await target().test(never);
  expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(result.checks.find(({ name }) => name === "schemas")?.detail).toContain(enterprise.toLowerCase());
});

test("a wrong token is told as such", async () => {
  const wrong = targetAt(server.url, { auth: { type: "bearer", token: "wrong" } });
  expect((await wrong.test(never)).checks.find(({ name }) => name === "credentials")).toMatchObject({ ok: false });
  expect(await errorOf(wrong.discover(never))).toMatchObject({ code: "unauthorized" });
});

test("a user is created, found, changed by PATCH, deactivated and removed", async () => {
  const scim = target();
  const capabilities = await scim.discover(never);
  expect(capabilities).toMatchObject({ patch: true, groups: true });

  const boss = await scim.create("User", rendered({ userName: "boss", active: true }, capabilities), never);
  const held = rendered(document, capabilities);
  const { id } = await scim.create("User", held, never);
  expect(stored(server.users(), id)).toMatchObject({
    userName: "ZhangSan",
    externalId: "ZhangSan",
    [enterprise]: { department: "研发" },
  });
  expect(stored(server.users(), id)).not.toHaveProperty([wecom]);

  // Spelled alike and without quotes: scimmy's filter compares userName exactly and knows no escapes in a string.
  expect((await scim.find("User", "userName", "ZhangSan", never)).map((hit) => hit.id)).toEqual([id]);
  expect((await scim.find("User", "externalId", "ZhangSan", never)).map((hit) => hit.id)).toEqual([id]);
  expect(await scim.find("User", "externalId", "zhangsan", never)).toEqual([]);
  const error = await errorOf(scim.find("User", "displayName", '张三 "O\'Neil"', never));
  expect(error).toMatchObject({ code: "refused", status: 400 });
  expect(error.message).not.toMatch(/张三|Neil/);

  const { title: _, ...rest } = document;
  const changed = {
    ...rest,
    name: { formatted: "张三丰" },
    emails: [{ value: "sanfeng@example.com", type: "work", primary: true }],
    [enterprise]: { department: "销售", organization: "总部", manager: { value: "ours-0" } },
  };
  const desired = rendered(changed, capabilities, boss.id);
  await scim.modify("User", id, patchOperations(held, desired), never);
  const { id: __, meta: ___, schemas: ____, ...after } = stored(server.users(), id);
  const { schemas: _____, ...wanted } = desired;
  expect(after).toMatchObject(wanted);
  expect(after).not.toHaveProperty("title");
  expect((after["emails"] as readonly unknown[]).length).toBe(1);

  await scim.modify("User", id, patchOperations(desired, { ...desired, active: false }), never);
  expect(stored(server.users(), id)).toMatchObject({ active: false });
  // scimmy answers a PATCH that changes nothing with 204.
  await scim.modify("User", id, patchOperations({ ...desired }, { ...desired, active: false }), never);

  expect((await scim.read("User", id, never))?.document).toMatchObject({ userName: "ZhangSan" });
  await scim.remove("User", id, never);
  await expect(scim.remove("User", id, never)).rejects.toMatchObject({ code: "missing" });
  expect(await scim.read("User", id, never)).toBeNull();
  expect(await errorOf(scim.modify("User", id, [{ op: "replace", path: "active", value: true }], never))).toMatchObject(
    {
      code: "missing",
    },
  );
});

test("a name that is taken is a conflict, and the error does not repeat it", async () => {
  const scim = target();
  const taken = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "wang.taken" };
  await scim.create("User", taken, never);
  const error = await errorOf(scim.create("User", { ...taken, userName: "WANG.TAKEN" }, never));
  expect(error).toMatchObject({ code: "conflict", status: 409, doubt: false });
  expect(error.message).not.toMatch(/wang/i);
});

test("a user is replaced by PUT", async () => {
  const scim = target();
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  const { id } = await scim.create("User", { schemas, userName: "put", title: "a", nickName: "n" }, never);
  await scim.replace("User", id, { schemas, userName: "put", title: "b" }, never);
  expect(stored(server.users(), id)).toMatchObject({ title: "b" });
  expect(stored(server.users(), id)).not.toHaveProperty("nickName");
});

test("members come and go in batches, and those that nobody named stay", async () => {
  const scim = target();
  const capabilities = { ...(await scim.discover(never)), membersPerRequest: 3 };
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
  const { id } = await scim.create("Group", { schemas, externalId: "department:2", displayName: "研发" }, never);
  const child = await scim.create("Group", { schemas, displayName: "研发/前端" }, never);
  const people = Array.from({ length: 7 }, (_, index) => ({ value: `person-${index}`, type: "User" as const }));
  const added = [...people, { value: child.id, type: "Group" as const }];
  const members = (): unknown[] =>
    ((stored(server.groups(), id)["members"] ?? []) as { value: string }[]).map(({ value }) => value).sort();

  const requests = memberOperations(added, [], capabilities);
  expect(requests).toHaveLength(3);
  for (const operations of requests) await scim.modify("Group", id, operations, never);
  expect(members()).toEqual(added.map(({ value }) => value).sort());

  for (const operations of memberOperations([], people.slice(0, 5), capabilities)) {
    await scim.modify("Group", id, operations, never);
  }
  expect(members()).toEqual([...people.slice(5).map(({ value }) => value), child.id].sort());
  expect((await scim.find("Group", "displayName", "研发", never)).map((hit) => hit.id)).toEqual([id]);
  await scim.remove("Group", id, never);
});

test("a list comes whole, page by page, without members", async () => {
  const scim = target({ maxPage: 7 });
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
  for (let index = 0; index < 20; index += 1) {
    await scim.create("Group", { schemas, displayName: `list-${index}`, members: [{ value: "m" }] }, never);
  }
  const listed = await collect(scim.list("Group", never));
  expect(listed.map(({ id }) => id).sort()).toEqual(
    server
      .groups()
      .map(({ id }) => id)
      .sort(),
  );
  expect(listed.some(({ document: group }) => "members" in group)).toBe(false);
});
