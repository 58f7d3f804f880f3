import { randomUUID } from "node:crypto";
import { foldCase } from "../../lib/fold.ts";
import { type JsonObject, member } from "../../lib/json.ts";
import { LookupIndex } from "./lookup-index.ts";
import type { TypeName } from "./model.ts";

/** One resource. `attributes` is replaced, never changed; the members of a group stand beside it. */
export interface Entry {
  readonly type: TypeName;
  readonly id: string;
  readonly attributes: JsonObject;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly version: number;
  /** Ids of the direct members; empty for a user. Changed only through the directory. */
  readonly members: ReadonlySet<string>;
}

type Stored = { -readonly [Key in keyof Entry]: Entry[Key] } & { members: Set<string> };

export type IndexedAttribute = "userName" | "externalId" | "displayName";

/**
 * All users and groups, in memory, in the order in which they came, with the indexes for looking them up.
 * Knows nothing of the protocol and refuses nothing.
 */
export class Directory {
  readonly #entries: Readonly<Record<TypeName, Map<string, Stored>>> = { User: new Map(), Group: new Map() };
  readonly #indexes: Readonly<Record<TypeName, Readonly<Record<IndexedAttribute, LookupIndex>>>> = {
    User: { userName: new LookupIndex(), externalId: new LookupIndex(), displayName: new LookupIndex() },
    Group: { userName: new LookupIndex(), externalId: new LookupIndex(), displayName: new LookupIndex() },
  };
  /** Member id → ids of the groups that it is directly in. */
  readonly #groupsOf = new Map<string, Set<string>>();
  readonly #lists: Record<TypeName, readonly Entry[] | undefined> = { User: undefined, Group: undefined };
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(type: TypeName, id: string): Entry | undefined {
    return this.#entries[type].get(id);
  }

  /** The resource of any type: an id is unique across types (RFC 7643 §3.1). */
  find(id: string): Entry | undefined {
    return this.#entries.User.get(id) ?? this.#entries.Group.get(id);
  }

  count(type: TypeName): number {
    return this.#entries[type].size;
  }

  /** All of the type in the order in which they came. */
  list(type: TypeName): readonly Entry[] {
    const list = this.#lists[type] ?? [...this.#entries[type].values()];
    this.#lists[type] = list;
    return list;
  }

  /** Those whose attribute has this value; `externalId` is case exact, the names are not. */
  lookUp(type: TypeName, attribute: IndexedAttribute, value: string): readonly Entry[] {
    const ids = this.#indexes[type][attribute].get(indexKey(attribute, value));
    return ids.flatMap((id) => this.#entries[type].get(id) ?? []);
  }

  groupsOf(memberId: string): readonly Entry[] {
    return [...(this.#groupsOf.get(memberId) ?? [])].flatMap((id) => this.#entries.Group.get(id) ?? []);
  }

  /** @param id made if absent */
  create(type: TypeName, attributes: JsonObject, memberIds: Iterable<string> = [], id: string = randomUUID()): Entry {
    const now = this.#now();
    const members = type === "Group" ? new Set<string>() : noMembers;
    const entry: Stored = { type, id, attributes, createdAt: now, modifiedAt: now, version: 1, members };
    this.#entries[type].set(entry.id, entry);
    this.#lists[type] = undefined;
    this.#index(entry, "add");
    for (const id of memberIds) this.addMember(entry.id, id);
    return entry;
  }

  /** Replaces the attributes and counts the version; also called, with the same attributes, after a change of members. */
  update(entry: Entry, attributes: JsonObject): void {
    const stored = this.#entries[entry.type].get(entry.id);
    if (!stored) return;
    if (attributes !== stored.attributes) {
      this.#index(stored, "delete");
      stored.attributes = attributes;
      this.#index(stored, "add");
    }
    stored.modifiedAt = this.#now();
    stored.version += 1;
  }

  /** Deletes the resource, and with it its memberships (RFC 7644 §3.6). A manager's id stays in those who report to it. */
  delete(entry: Entry): void {
    const stored = this.#entries[entry.type].get(entry.id);
    if (!stored) return;
    for (const groupId of [...(this.#groupsOf.get(entry.id) ?? [])]) this.removeMember(groupId, entry.id);
    for (const memberId of [...stored.members]) this.removeMember(entry.id, memberId);
    this.#index(stored, "delete");
    this.#entries[entry.type].delete(entry.id);
    this.#lists[entry.type] = undefined;
  }

  /** @returns false if it was a member already, or there is no such group */
  addMember(groupId: string, memberId: string): boolean {
    const group = this.#entries.Group.get(groupId);
    if (!group || group.members.has(memberId)) return false;
    group.members.add(memberId);
    const groups = this.#groupsOf.get(memberId);
    if (groups) groups.add(groupId);
    else this.#groupsOf.set(memberId, new Set([groupId]));
    return true;
  }

  /** @returns false if it was no member */
  removeMember(groupId: string, memberId: string): boolean {
    if (!this.#entries.Group.get(groupId)?.members.delete(memberId)) return false;
    const groups = this.#groupsOf.get(memberId);
    groups?.delete(groupId);
    if (groups?.size === 0) this.#groupsOf.delete(memberId);
    return true;
  }

  clear(): void {
    for (const type of ["User", "Group"] as const) {
      this.#entries[type].clear();
      this.#lists[type] = undefined;
      for (const index of Object.values(this.#indexes[type])) index.clear();
    }
    this.#groupsOf.clear();
  }

  #index(entry: Entry, change: "add" | "delete"): void {
    for (const attribute of indexed) {
      const value = member(entry.attributes, attribute);
      if (typeof value !== "string") continue;
      this.#indexes[entry.type][attribute][change](indexKey(attribute, value), entry.id);
    }
  }
}

const indexed: readonly IndexedAttribute[] = ["userName", "externalId", "displayName"];
const noMembers = new Set<string>();

function indexKey(attribute: IndexedAttribute, value: string): string {
  return attribute === "externalId" ? value : foldCase(value);
}
