import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { knownPart } from "../../../src/target/scim/known-schemas.ts";
import { renderForTarget } from "../../../src/target/scim/render.ts";

const coreUser = "urn:ietf:params:scim:schemas:core:2.0:User";
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const wecom = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

const document: JsonObject = {
  schemas: [coreUser, enterprise, wecom],
  id: "ours",
  externalId: "zhangsan",
  userName: "zhangsan",
  title: null,
  [enterprise]: { department: "Sales", manager: { value: "our-manager", displayName: "x" } },
  [wecom]: { gender: "male" },
  groups: [{ value: "g" }],
  meta: { resourceType: "User" },
};

function render(
  input: JsonObject,
  schemas: readonly string[] | Readonly<Record<string, readonly string[]>> | null,
  more: { managerRemoteId?: string | null } = {},
): JsonObject {
  const { managerRemoteId = null } = more;
  const known = schemas === null ? null : new Map(toEntries(schemas));
  return renderForTarget(input, { type: "User", capabilities: { schemas: known }, managerRemoteId });
}

/** Schemas by URN, with the names of their attributes; a list of URNs stands for all attributes of each. */
function toEntries(
  schemas: readonly string[] | Readonly<Record<string, readonly string[]>>,
): [string, ReadonlySet<string> | null][] {
  return isList(schemas)
    ? schemas.map((urn) => [urn.toLowerCase(), null])
    : Object.entries(schemas).map(([urn, names]) => [urn.toLowerCase(), new Set(names)]);
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}

test("a target that doesn't say gets core and enterprise, with its own manager's id and nothing server-owned", () => {
  expect(render(document, null, { managerRemoteId: "m-42" })).toEqual({
    schemas: [coreUser, enterprise],
    externalId: "zhangsan",
    userName: "zhangsan",
    [enterprise]: { department: "Sales", manager: { value: "m-42" } },
  });
});

test("a target gets the extensions that it lists, in whatever case", () => {
  const rendered = render(document, [coreUser, wecom.toUpperCase()]);
  expect(rendered["schemas"]).toEqual([coreUser, wecom]);
  expect(rendered[wecom]).toEqual({ gender: "male" });
  expect(rendered).not.toHaveProperty([enterprise]);
});

test("a target gets the attributes that it lists of an extension, in whatever case", () => {
  const input = { ...document, [wecom]: { gender: "male", Badge: "B-1" }, [enterprise]: { department: "Sales" } };
  const rendered = render(input, { [wecom]: ["badge"], [enterprise]: ["department", "costcenter"] });
  expect(rendered["schemas"]).toEqual([coreUser, enterprise, wecom]);
  expect(rendered[wecom]).toEqual({ Badge: "B-1" });
  expect(rendered[enterprise]).toEqual({ department: "Sales" });
});

test("an extension of which nothing is left is not sent, and not named", () => {
  const rendered = render(document, { [wecom]: ["badge"], [enterprise]: ["costcenter"] }, { managerRemoteId: "m" });
  expect(rendered).toEqual({ schemas: [coreUser], externalId: "zhangsan", userName: "zhangsan" });
});

test("the manager goes where the target lists that attribute of the enterprise extension", () => {
  const rendered = render(document, { [enterprise]: ["manager"] }, { managerRemoteId: "m" });
  expect(rendered[enterprise]).toEqual({ manager: { value: "m" } });
});

test("sub-attributes of an extension's attribute are not looked at", () => {
  const input = { userName: "a", "urn:x:y": { seat: { floor: 3 } } };
  expect(render(input, { "urn:x:y": ["seat"] })["urn:x:y"]).toEqual({ seat: { floor: 3 } });
});

test("of what it was given a target knows what it still lists; core attributes count always", () => {
  const held = { userName: "a", title: "t", [wecom]: { gender: "male", badge: "B-1" }, "urn:x:y": { z: 1 } };
  const known = (schemas: Parameters<typeof toEntries>[0] | null) =>
    knownPart(held, { schemas: schemas === null ? null : new Map(toEntries(schemas)) });
  expect(known({ [wecom]: ["gender"] })).toEqual({ userName: "a", title: "t", [wecom]: { gender: "male" } });
  expect(known([wecom, "urn:x:y"])).toEqual(held);
  expect(known(null)).toEqual({ userName: "a", title: "t" });
});

test("a manager who has no id there is left out, and an extension that was only him too", () => {
  const onlyManager = { ...document, [enterprise]: { manager: { value: "our-manager" } } };
  expect(render(onlyManager, null)).toEqual({ schemas: [coreUser], externalId: "zhangsan", userName: "zhangsan" });
});

test("a manager's id does not make a manager", () => {
  const withoutManager = { ...document, [enterprise]: { department: "Sales" } };
  expect(render(withoutManager, null, { managerRemoteId: "m" })[enterprise]).toEqual({ department: "Sales" });
});

test("schemas name what is there, also where the document's own list is short or missing", () => {
  const { schemas: _, ...unnamed } = document;
  expect(render(unnamed, [enterprise, wecom])["schemas"]).toEqual([coreUser, enterprise, wecom]);
});

test("members are not part of a group's document", () => {
  const rendered = renderForTarget(
    { displayName: "研发", members: [{ value: "1" }] },
    { type: "Group", capabilities: { schemas: null }, managerRemoteId: null },
  );
  expect(rendered).toEqual({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "研发" });
});

test("a key called __proto__ stays data, and what is passed in stays as it was", () => {
  const odd = JSON.parse(
    '{"userName":"a","__proto__":{"polluted":true},"urn:x:y":{"__proto__":{"b":1}}}',
  ) as JsonObject;
  const before = JSON.stringify(odd);
  const rendered = render(odd, ["urn:x:y"]);
  expect(JSON.stringify(rendered)).toContain('"__proto__":{"polluted":true}');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(JSON.stringify(odd)).toBe(before);
});
