import fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { withSchemas } from "../../../src/scim/document.ts";
import { testId } from "../../store/filter-directory.ts";
import { groupOperation, patchTexts, toMessage, user, userOperation } from "../../support/patch-arbitraries.ts";
import { applyToModel, type ModelOperation, ModelRefusal } from "../../support/patch-model.ts";
import { expectStatus, listOf, type Made, onEachEndpoint, versionOf, withoutMeta } from "./conformance/endpoint.ts";
import { addUsers } from "./scim-server.ts";

// Several PATCH requests, one after the other, and a model that knows nothing of the server: what is stored is what the
// model makes of them, and what is refused changes nothing.

const requests = (operation: fc.Arbitrary<ModelOperation>) =>
  fc.array(fc.array(operation, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });

onEachEndpoint("PATCH requests one after the other", (scim, at) => {
  it("make of a user what the model makes, or are refused as it refuses them", async () => {
    // All texts are ids of somebody, who can be a manager.
    await addUsers(at.database, patchTexts);
    const property = fc.asyncProperty(user, requests(userOperation), async (document, sequence) => {
      const made = await scim.newUser(document);
      let expected: JsonObject = { active: true, ...document };
      let version = versionOf(made);
      for (const operations of sequence) {
        const wanted = modelOf(expected, operations);
        const answer = await scim.send("PATCH", made.path, { body: toMessage(operations) });
        expect([wanted === null ? 400 : 200, answer.status], answer.text).toEqual([answer.status, answer.status]);
        const read = await scim.get(made.path);
        if (wanted !== null) expect(answer.json).toEqual(read.json);
        const next = withSchemas("User", wanted ?? expected);
        expect(withoutMeta(read.json)).toEqual(next);
        // The version is another one if and only if the user is.
        expect(versionOf(read) === version).toBe(JSON.stringify(sorted(next)) === JSON.stringify(sorted(expected)));
        expected = next;
        version = versionOf(read);
      }
      expectStatus(await scim.delete(made.path), 204);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it("make of a group's members what the model makes", async () => {
    const people: Made[] = [];
    for (let index = 0; index < 5; index += 1) people.push(await scim.newUser());
    const inner = await scim.newGroup();
    const nobody = testId(999);
    const ids = [...people.map(({ id }) => id), inner.id];
    const group = await scim.newGroup();
    let expected = new Set<string>();
    let version = versionOf(group);
    const property = fc.asyncProperty(requests(groupOperation([...ids, nobody])), async (sequence) => {
      for (const operations of sequence) {
        const wanted = membersAfter(expected, operations);
        const answer = await scim.send("PATCH", group.path, { body: toMessage(operations) });
        // Whoever is not there can be removed, but not be a member.
        expectStatus(answer, wanted.has(nobody) ? 400 : 204);
        const next = wanted.has(nobody) ? expected : wanted;
        const read = await scim.get(group.path);
        const members = listOf(read.json, "members").map(({ value }) => String(value));
        expect(members).toEqual([...next].sort());
        expect(versionOf(read) === version).toBe(isSame(next, expected));
        expected = next;
        version = versionOf(read);
      }
      for (const { id, path } of people) {
        const groups = listOf((await scim.get(path)).json, "groups").map(({ value }) => value);
        expect(groups).toEqual(expected.has(id) ? [group.id] : []);
        const found = await scim.find("/Groups", `members.value eq "${id}"`);
        expect(found).toHaveLength(expected.has(id) ? 1 : 0);
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

function modelOf(resource: JsonObject, operations: readonly ModelOperation[]): JsonObject | null {
  try {
    // Who has no `active` is active, and is said to be (RFC 7643 §4.1.1 leaves it to the server).
    return { active: true, ...(applyToModel(resource, operations) as JsonObject) };
  } catch (error) {
    if (error instanceof ModelRefusal) return null;
    throw error;
  }
}

function membersAfter(members: ReadonlySet<string>, operations: readonly ModelOperation[]): Set<string> {
  const after = applyToModel({ members: [...members] }, operations)["members"];
  return new Set(after as readonly string[]);
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((id) => other.has(id));
}

/** Names in one order, all the way down. `schemas` follows from the rest. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "schemas");
  return Object.fromEntries(
    entries.map(([key, item]) => [key, sorted(item)] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
