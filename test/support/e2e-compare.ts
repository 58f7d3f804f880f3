import { expectedDirectory } from "../../src/demo/expected.ts";
import { compareDirectories, heldDirectory } from "../../src/demo/held.ts";
import { foldCase } from "../../src/lib/fold.ts";
import { canonicalJson, isJsonObject } from "../../src/lib/json.ts";
import type { Truth as Held } from "../../src/simulator/scim/control.ts";
import type { Truth } from "../../src/simulator/wecom/model.ts";

/** What a SCIM simulator holds: `control.dump()`. */
export interface Dump {
  readonly users: readonly Held[];
  readonly groups: readonly Held[];
}

/**
 * What is wrong at a target that is to hold exactly this corp: every attribute, membership and manager compared, nobody
 * there twice. People who are not in the corp may be there as leavers: inactive, and in no group. At most a few
 * sentences; empty when all is right.
 */
export function wrongAt(dump: Dump, truth: Truth): readonly string[] {
  const expected = expectedDirectory(truth);
  const isLeaver = ({ resource }: Held): boolean =>
    resource["active"] === false && !expected.users.has(String(resource["externalId"]));
  const leavers = new Set(dump.users.filter(isLeaver).map(({ id }) => id));
  const stuck = dump.groups.flatMap(({ resource, members }) =>
    members
      .filter(({ value }) => leavers.has(value))
      .map(({ value }) => `the leaver ${value} is still in ${String(resource["externalId"])}`),
  );
  const users = dump.users.filter(({ id }) => !leavers.has(id));
  return [
    ...compareDirectories(expected, heldDirectory(users, dump.groups)).examples,
    ...stuck.slice(0, 5),
    ...twice("user", "externalId", dump.users, String),
    ...twice("user", "userName", dump.users, (name) => foldCase(String(name))),
    ...twice("group", "externalId", dump.groups, String),
  ];
}

function twice(what: string, attribute: string, all: readonly Held[], key: (value: unknown) => string): string[] {
  const seen = new Set<string>();
  return all.flatMap(({ resource }) => {
    const value = key(resource[attribute]);
    if (seen.has(value)) return [`${what} with ${attribute} ${value} is there twice`];
    seen.add(value);
    return [];
  });
}

/** Requests by method and type, as the SCIM simulator counts them. */
export type Requests = Readonly<Record<string, number>>;

/**
 * The fewest requests that lead from one dump to the other: one for each resource that was made, changed or deleted,
 * and one for each batch of members that a group gained or lost. New people whose managers are new and lead back to
 * themselves cost a second one each: no order makes all the managers first.
 */
export function fewestRequests(before: Dump, after: Dump, membersPerRequest: number): Requests {
  const counts = new Map<string, number>();
  const add = (request: string, count: number): void => {
    if (count > 0) counts.set(request, (counts.get(request) ?? 0) + count);
  };
  for (const [type, olds, news] of [
    ["User", before.users, after.users],
    ["Group", before.groups, after.groups],
  ] as const) {
    const held = new Map(olds.map((each) => [each.id, each]));
    const kept = new Set(news.map(({ id }) => id));
    add(`DELETE ${type}`, olds.filter(({ id }) => !kept.has(id)).length);
    for (const each of news) {
      const old = held.get(each.id);
      if (old === undefined) add(`POST ${type}`, 1);
      else if (canonicalJson(old.resource) !== canonicalJson(each.resource)) add(`PATCH ${type}`, 1);
      const had = new Set(old?.members.map(({ value }) => value));
      const has = new Set(each.members.map(({ value }) => value));
      const gained = [...has].filter((id) => !had.has(id)).length;
      const lost = [...had].filter((id) => !has.has(id)).length;
      add(`PATCH ${type}`, Math.ceil(gained / membersPerRequest) + Math.ceil(lost / membersPerRequest));
    }
  }
  add("PATCH User", countCircular(before, after));
  return Object.fromEntries([...counts].sort());
}

/** New people from whom the way up, over new managers, has no end. */
function countCircular(before: Dump, after: Dump): number {
  const held = new Set(before.users.map(({ id }) => id));
  const managerOf = new Map(
    after.users.flatMap(({ id, resource }) => (held.has(id) ? [] : [[id, managerIn(resource)] as const])),
  );
  let circular = 0;
  for (const id of managerOf.keys()) {
    const passed = new Set<string>();
    let at: string | undefined = id;
    while (at !== undefined && !passed.has(at)) {
      passed.add(at);
      at = managerOf.get(at);
    }
    if (at !== undefined) circular += 1;
  }
  return circular;
}

function managerIn(resource: Held["resource"]): string | undefined {
  const extension = resource["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
  const manager = isJsonObject(extension) ? extension["manager"] : undefined;
  return isJsonObject(manager) ? String(manager["value"]) : undefined;
}

/** Of what a simulator counted, what concerns users and groups: asking what the server can do is no change. */
export function resourceRequests(counts: Requests): Requests {
  const ofResources = Object.entries(counts).filter(([request]) => / (User|Group)$/.test(request));
  return Object.fromEntries(ofResources.sort());
}
