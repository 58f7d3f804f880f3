import type { Json, JsonObject } from "../../lib/json.ts";
import type { Directory, Entry } from "./directory.ts";
import { parseExtension } from "./extension-schema.ts";
import type { FaultOrder, FaultState, Faults } from "./fault.ts";
import type { Journal, Noop, RequestSummary, Violation } from "./journal.ts";
import type { KnownModels } from "./known-models.ts";
import type { Models, TypeName } from "./model.ts";
import { render } from "./render.ts";
import type { Draft } from "./values.ts";

/** A resource as the service provider really holds it. */
export interface Truth {
  readonly type: TypeName;
  readonly id: string;
  /** The SCIM representation, without `meta`, `groups` and `members`. */
  readonly resource: JsonObject;
  /** Of a group: its direct members. */
  readonly members: readonly { readonly value: string; readonly type: TypeName }[];
}

/** What tests and the demo see and do beside the protocol. Nothing here counts as a request. */
export interface Control {
  /** Everything that is held, as plain data. */
  dump(): { readonly users: readonly Truth[]; readonly groups: readonly Truth[] };
  /** The same one by one: users, then groups. */
  truths(): Generator<Truth>;
  counts(): { readonly users: number; readonly groups: number; readonly memberships: number };

  violations(): readonly Violation[];
  noops(): readonly Noop[];
  requests(): RequestSummary;
  /** Forgets violations, noops, requests. What is held stays. */
  resetJournal(): void;
  /** Forgets everything: what is held, the journal, the faults, being down. Schemas stay. */
  reset(): void;

  /** Orders a fault and returns its id. */
  fault(order: FaultOrder): number;
  clearFault(id?: number): void;
  faults(): readonly FaultState[];
  /** While down, every SCIM request finds its connection reset. */
  setDown(down: boolean): void;
  isDown(): boolean;

  /**
   * Teaches it an extension schema (RFC 7643 §7), in place of the one of the same URN: from now on it is published, and
   * requests are judged by it. What is held stays as it is. Throws a ZodError for what is no such schema.
   */
  defineExtension(schema: JsonObject): void;

  /** Behind the client's back: an account, or a group, that it did not make. Not validated. Returns the id. */
  add(type: TypeName, attributes: JsonObject, members?: readonly string[]): string;
  /** Behind the client's back: sets attributes at the top or, by URN, extensions; null removes. False if not there. */
  modify(id: string, attributes: JsonObject): boolean;
  /** Behind the client's back. False if not there. */
  remove(id: string): boolean;
  addMember(groupId: string, memberId: string): boolean;
  removeMember(groupId: string, memberId: string): boolean;
  /** Behind the client's back: everything held is gone; ids are not used again. */
  loseEverything(): void;
}

export interface ControlParts {
  readonly directory: Directory;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly models: KnownModels;
}

export function makeControl({ directory, journal, faults, models }: ControlParts): Control {
  let down = false;
  const truthOf = (entry: Entry): Truth => toTruth(entry, directory, models);
  return {
    dump: () => ({ users: directory.list("User").map(truthOf), groups: directory.list("Group").map(truthOf) }),
    *truths() {
      for (const type of ["User", "Group"] as const) for (const entry of directory.list(type)) yield truthOf(entry);
    },
    counts: () => ({
      users: directory.count("User"),
      groups: directory.count("Group"),
      memberships: directory.list("Group").reduce((sum, group) => sum + group.members.size, 0),
    }),
    violations: () => journal.violations(),
    noops: () => journal.noops(),
    requests: () => journal.requests(),
    resetJournal: () => journal.reset(),
    reset: () => {
      directory.clear();
      journal.reset();
      faults.clear();
      down = false;
    },
    fault: (order) => faults.add(order),
    clearFault: (id) => faults.clear(id),
    faults: () => faults.list(),
    setDown: (value) => {
      down = value;
    },
    isDown: () => down,
    defineExtension: (schema) => models.define(parseExtension(schema)),
    add: (type, attributes, members = []) => directory.create(type, attributes, members).id,
    modify: (id, attributes) => {
      const entry = directory.find(id);
      if (entry) directory.update(entry, merged(entry.attributes, attributes));
      return entry !== undefined;
    },
    remove: (id) => {
      const entry = directory.find(id);
      if (entry) directory.delete(entry);
      return entry !== undefined;
    },
    addMember: (groupId, memberId) => directory.addMember(groupId, memberId),
    removeMember: (groupId, memberId) => directory.removeMember(groupId, memberId),
    loseEverything: () => directory.clear(),
  };
}

function toTruth(entry: Entry, directory: Directory, models: Models): Truth {
  const view = { baseUrl: "", members: false, groups: false };
  const { meta: _, ...resource } = render(entry, models[entry.type], directory, view);
  const members = [...entry.members].map((value) => {
    const type: TypeName = directory.get("User", value) ? "User" : "Group";
    return { value, type };
  });
  return { type: entry.type, id: entry.id, resource, members };
}

function merged(before: JsonObject, changes: JsonObject): JsonObject {
  const after: Draft = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete after[name];
    // As an own member, whatever its name.
    else
      Object.defineProperty(after, name, {
        value: value satisfies Json,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return after;
}
