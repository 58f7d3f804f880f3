import { beforeEach, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../../src/lib/json.ts";
import { coreUserSchema, enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { bareUser, fullUser, type Outcome, type PathForm, pathForms } from "../../../scim/path-forms.ts";
import { addUsers } from "../scim-server.ts";
import { type Endpoint, expectError, expectStatus, onEachEndpoint, withoutMeta } from "./endpoint.ts";

// The path forms P1 to P16 of RFC 7644 §3.5.2, over HTTP: what is stored is what is answered.

onEachEndpoint("path forms", (scim, at) => {
  beforeEach(() => addUsers(at.database, ["m1", "m2"]));

  it.each(pathForms)("R-120 $form $op $path", async (form) => {
    await expectOutcome(scim, fullUser, form, form.full);
    await expectOutcome(scim, bareUser, form, form.bare ?? form.full);
  });

  it.each<[string, string, (a: string, b: string) => Json | undefined, readonly string[] | string]>([
    ["P9 add", "members", (a, b) => [{ value: a }, { value: b, type: "User" }, { value: a }], ["a", "b", "c"]],
    ["P9 replace", "members", (_, b) => [{ value: b }], ["b"]],
    ["P9 remove", "members", () => undefined, []],
    ["P9 remove", "members", (a) => [{ value: a }], ["c"]],
    ["P9 remove", "members", (a) => ({ value: a }), ["c"]],
    ["P9 remove", "members", (a) => a, ["c"]],
    ["P9 remove", "members", () => [], ["a", "c"]],
    ["P10 add", 'members[value eq "$a"]', (a) => ({ value: a }), "mutability"],
    ["P10 replace", 'members[value eq "$a"]', (_, b) => ({ value: b }), "mutability"],
    ["P10 remove", 'members[value eq "$a"]', () => undefined, ["c"]],
    ["P10 remove", 'MEMBERS[value eq "$a" or (VALUE eq "$b")]', () => undefined, ["c"]],
    ["P10 remove", 'members[value eq "$b"]', () => undefined, ["a", "c"]],
    ["P10 remove", 'members[type eq "User"]', () => undefined, "invalidFilter"],
    ["P10 remove", 'members[value eq "$a"].value', () => undefined, "mutability"],
  ])("R-120 %s %s", async (form, path, makeValue, outcome) => {
    const [a, b, c] = [await scim.newUser(), await scim.newUser(), await scim.newUser()];
    const group = await scim.newGroup({ members: [{ value: a.id }, { value: c.id }] });
    const value = makeValue(a.id, b.id);
    const answer = await scim.patch(group.path, {
      op: form.split(" ")[1],
      path: path.replace("$a", a.id).replace("$b", b.id),
      ...(value === undefined ? {} : { value }),
    });
    const names = new Map([
      [a.id, "a"],
      [b.id, "b"],
      [c.id, "c"],
    ]);
    const left = (await scim.membersOf(group)).map((id) => names.get(id));
    if (typeof outcome === "string") {
      expectError(answer, 400, outcome);
      expect(left.sort()).toEqual(["a", "c"]);
    } else {
      expectStatus(answer, 204);
      expect(left.sort()).toEqual(outcome);
    }
  });

  it("R-120 P2 P16 goes for the displayName of a group too", async () => {
    const group = await scim.newGroup({ displayName: "g" });
    const renamed = await scim.patch(group.path, {
      op: "replace",
      path: "urn:ietf:params:scim:schemas:core:2.0:Group:displayName",
      value: "h",
    });
    expectStatus(renamed, 200);
    expect(renamed.json["displayName"]).toBe("h");
    expectError(await scim.patch(group.path, { op: "remove", path: "displayName" }), 400, "mutability");
  });
});

async function expectOutcome(
  scim: Endpoint,
  document: JsonObject,
  { op, path, value }: PathForm,
  outcome: Outcome,
): Promise<void> {
  const made = await scim.newUser(document);
  const before = await scim.get(made.path);
  const answer = await scim.patch(made.path, {
    op,
    ...(path === undefined ? {} : { path }),
    ...(value === undefined ? {} : { value }),
  });
  const after = await scim.get(made.path);
  if (typeof outcome === "string") {
    expectError(answer, 400, outcome);
    expect(after.json).toEqual(before.json);
  } else {
    expectStatus(answer, 200);
    expect(after.json).toEqual(answer.json);
    const { schemas, ...attributes } = withoutMeta(after.json);
    const wanted = Object.entries({ active: true, ...document, ...outcome }).filter(
      ([key, item]) => item !== null && key !== "schemas",
    );
    expect(attributes).toEqual(Object.fromEntries(wanted));
    expect(schemas).toEqual([coreUserSchema, ...(Object.hasOwn(attributes, enterprise) ? [enterprise] : [])]);
  }
  expectStatus(await scim.delete(made.path), 204);
}
