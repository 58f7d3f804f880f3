import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { PlainDirectory } from "./expected.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** A resource as the simulated target holds it. */
export interface HeldResource {
  readonly type: string;
  readonly id: string;
  readonly resource: JsonObject;
  readonly members: readonly { readonly value: string }[];
}

/** What a target holds, by `externalId`: comparable with what it must hold. */
export function heldDirectory(users: readonly HeldResource[], groups: readonly HeldResource[]): PlainDirectory {
  const names = new Map([...users, ...groups].map(({ id, resource }) => [id, String(resource["externalId"] ?? id)]));
  return {
    users: new Map(users.map(({ id, resource }) => [names.get(id) ?? id, canonicalJson(plainUser(resource, names))])),
    groups: new Map(
      groups.map(({ id, resource, members }) => [
        names.get(id) ?? id,
        {
          displayName: String(resource["displayName"]),
          members: new Set(members.map(({ value }) => names.get(value) ?? `unknown ${value}`)),
        },
      ]),
    ),
  };
}

function plainUser(resource: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const { schemas: _, id: __, meta: ___, ...attributes } = resource;
  const extension = attributes[enterprise];
  if (!isJsonObject(extension) || !isJsonObject(extension["manager"])) return attributes;
  const { value } = extension["manager"];
  const manager: Json = { value: names.get(String(value)) ?? `unknown ${String(value)}` };
  return { ...attributes, [enterprise]: { ...extension, manager } };
}

/** How two directories differ: at most `limit` sentences, and how many differences there are. Ids, no personal data. */
export function compareDirectories(
  expected: PlainDirectory,
  held: PlainDirectory,
  limit = 10,
): { readonly count: number; readonly examples: readonly string[] } {
  const examples: string[] = [];
  let count = 0;
  const say = (sentence: string): void => {
    count += 1;
    if (examples.length < limit) examples.push(sentence);
  };
  for (const [key, user] of expected.users) {
    const there = held.users.get(key);
    if (there === undefined) say(`user ${key} is missing`);
    else if (there !== user) say(`user ${key} differs in ${differing(user, there).join(", ")}`);
  }
  for (const key of held.users.keys()) if (!expected.users.has(key)) say(`user ${key} should not be there`);
  for (const [key, group] of expected.groups) {
    const there = held.groups.get(key);
    if (there === undefined) {
      say(`group ${key} is missing`);
      continue;
    }
    if (there.displayName !== group.displayName) say(`group ${key} has another name`);
    for (const member of group.members) if (!there.members.has(member)) say(`group ${key} lacks ${member}`);
    for (const member of there.members) if (!group.members.has(member)) say(`group ${key} has ${member} too many`);
  }
  for (const key of held.groups.keys()) if (!expected.groups.has(key)) say(`group ${key} should not be there`);
  return { count, examples };
}

function differing(a: string, b: string): string[] {
  const left = JSON.parse(a) as JsonObject;
  const right = JSON.parse(b) as JsonObject;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].filter((key) => canonicalJson(left[key] ?? null) !== canonicalJson(right[key] ?? null));
}
