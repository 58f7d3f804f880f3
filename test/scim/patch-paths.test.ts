import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { patchOpSchema } from "../../src/scim/messages.ts";
import { patchDocument } from "../../src/scim/patch.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../src/scim/resource.ts";
import { refusalOf } from "../support/scim-write.ts";
import { bareUser, fullUser, type Outcome, type PathForm, pathForms } from "./path-forms.ts";

const catalog = makeSchemaCatalog([]);

function expectOutcome(document: JsonObject, { op, path, value }: PathForm, outcome: Outcome): void {
  const operation = { op, ...(path === undefined ? {} : { path }), ...(value === undefined ? {} : { value }) };
  const patch = () =>
    patchDocument(document, { schemas: [patchOpSchema], Operations: [operation] }, { type: "User", catalog });
  if (typeof outcome === "string") {
    expect(refusalOf(patch)).toMatchObject({ status: 400, scimType: outcome });
    return;
  }
  const given = structuredClone(document);
  const { document: patched } = patch();
  expect(document).toEqual(given);
  const { schemas, ...attributes } = patched;
  const wanted = Object.entries({ ...document, ...outcome }).filter(
    ([key, item]) => item !== null && key !== "schemas",
  );
  expect(attributes).toEqual(Object.fromEntries(wanted));
  // `schemas` says what there is.
  expect(schemas).toEqual([coreUserSchema, ...(Object.hasOwn(patched, enterprise) ? [enterprise] : [])]);
}

describe("path forms of a user", () => {
  test.each(pathForms)("R-120 $form $op $path", (row) => {
    expectOutcome(fullUser, row, row.full);
    expectOutcome(bareUser, row, row.bare ?? row.full);
  });
});

describe("path forms of a group", () => {
  const group: JsonObject = { schemas: [coreGroupSchema], displayName: "技术部" };
  const a = { value: "a", type: "User" };
  const delta = (add: readonly Json[], remove: readonly string[], replace = false) => ({ replace, add, remove });

  test.each<[string, string, Json | undefined, unknown]>([
    ["P9 add", "members", [a, { value: "b" }, { value: "a" }], delta([a, { value: "b" }], [])],
    ["P9 replace", "members", [a], delta([a], [], true)],
    ["P9 remove", "members", undefined, delta([], [], true)],
    ["P9 remove", "members", [{ value: "a" }, { value: "b" }], delta([], ["a", "b"])],
    ["P9 remove", "members", { value: "a" }, delta([], ["a"])],
    ["P9 remove", "members", "a", delta([], ["a"])],
    ["P9 remove", "members", [], delta([], [])],
    ["P10 add", 'members[value eq "a"]', { value: "a" }, "mutability"],
    ["P10 replace", 'members[value eq "a"]', { value: "b" }, "mutability"],
    ["P10 remove", 'members[value eq "a"]', undefined, delta([], ["a"])],
    ["P10 remove", 'MEMBERS[value eq "a" or (VALUE eq "b")]', undefined, delta([], ["a", "b"])],
    ["P10 remove", 'members[value eq "a" and value eq "b"]', undefined, delta([], [])],
    ["P10 remove", 'members[type eq "Group"]', undefined, "invalidFilter"],
    ["P10 remove", 'members[not (value eq "a")]', undefined, "invalidFilter"],
    ["P10 remove", 'members[value eq "a"].value', undefined, "mutability"],
    ["P10 replace", "members.display", "x", "mutability"],
  ])("R-120 %s %s %j", (form, path, value, outcome) => {
    const operation = { op: form.split(" ")[1], path, ...(value === undefined ? {} : { value }) };
    const patch = () =>
      patchDocument(group, { schemas: [patchOpSchema], Operations: [operation] }, { type: "Group", catalog });
    if (typeof outcome === "string") expect(refusalOf(patch)).toMatchObject({ status: 400, scimType: outcome });
    else expect(patch()).toEqual({ document: group, changed: [], membership: outcome, ignored: [] });
  });
});
