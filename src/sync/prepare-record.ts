import { contentHash } from "../lib/hash.ts";
import type { JsonObject } from "../lib/json.ts";
import type { DepartmentContext } from "../mapping/mapping.ts";
import type { RecordKind, SourceDepartment, SourceRecord, SourceTag, SourceUser } from "../source/source.ts";
import type { GivenReader, ReadRecord, StoredRecord } from "../store/store.ts";
import type { TreeNode } from "./department-tree.ts";
import type { TagContexts, TagRecord } from "./tag-contexts.ts";

/** What else of a source the resource of a record is made from. */
export interface RecordSurroundings {
  readonly departments: ReadonlyMap<string, DepartmentContext>;
  readonly tags: TagContexts;
}

/**
 * A record as it is kept: its own content, and a fingerprint of all that its resource is made from. A department's
 * name and leaders and the tags that he carries are in a person's fingerprint, so that renaming one of them or naming
 * another leader brings him up to date.
 *
 * @param consent what tells one state of what a person gave from another; absent: he never agreed
 */
export function prepareRecord(record: SourceRecord, around: RecordSurroundings, consent?: string): ReadRecord {
  const raw = JSON.stringify(record.raw);
  const relations = JSON.stringify(relationsOf(record));
  const hash = contentHash(raw + relations);
  const given = consent === undefined ? "" : `\nconsent ${consent}`;
  return {
    key: record.key,
    raw,
    relations,
    hash,
    fingerprint: contentHash(hash + surroundings(record, around) + given),
  };
}

/** People as they are kept: what they gave by consent is in their fingerprints, so that giving and withdrawing it is seen. */
export async function preparePeople(
  people: readonly SourceUser[],
  around: RecordSurroundings,
  { store, sourceId }: { readonly store: Pick<GivenReader, "consentStamps">; readonly sourceId: string },
): Promise<readonly ReadRecord[]> {
  const stamps = await store.consentStamps(
    sourceId,
    people.map(({ key }) => key),
  );
  return people.map((person) => prepareRecord(person, around, stamps.get(person.key)));
}

interface UserRelations {
  readonly departments: readonly string[];
  readonly main: string | null;
  readonly managers: readonly string[];
}

interface DepartmentRelations {
  readonly name: string;
  readonly parent: string | null;
  /** Left out by versions that did not know of leaders: until the next read there are none. */
  readonly leaders?: readonly string[];
}

interface TagRelations {
  /** Left out by versions that had no use for it. */
  readonly name?: string;
  readonly users: readonly string[];
  readonly departments: readonly string[];
}

function relationsOf(record: SourceRecord): UserRelations | DepartmentRelations | TagRelations {
  switch (record.kind) {
    case "user":
      return { departments: record.departments, main: record.mainDepartment, managers: record.managers };
    case "department":
      return { name: record.name, parent: record.parent, leaders: record.leaders };
    case "tag":
      return { name: record.name, users: record.users, departments: record.departments };
  }
}

function surroundings(record: SourceRecord, { departments, tags }: RecordSurroundings): string {
  const describe = (key: string): string => {
    const context = departments.get(key);
    return context ? `${key}=${context.path}\u0000${context.name}` : key;
  };
  if (record.kind === "user") {
    const keys = [...record.departments, record.mainDepartment ?? ""];
    const lines = keys.map((key) => `${describe(key)}${describeRest(departments.get(key))}`);
    for (const { key, name } of tags.of(record)) lines.push(`${key}\u0000${name}`);
    return lines.join("\n");
  }
  if (record.kind === "department") return `${describe(record.key)}\n${departments.has(record.parent ?? "")}`;
  return "";
}

/** Of a department what its people's rules can read besides; its own group has it in its record. */
function describeRest(context: DepartmentContext | undefined): string {
  return context === undefined ? "" : `\u0000${context.parent ?? ""}\u0000${context.leaders.join("\u0000")}`;
}

/** The departments that a stored person belongs to; what the source says of him besides is not looked at. */
export function departmentsOf({ relations }: Pick<StoredRecord, "relations">): readonly string[] {
  return (JSON.parse(relations) as UserRelations).departments;
}

/** The parent of a stored department. */
export function parentOf({ relations }: Pick<StoredRecord, "relations">): string | null {
  return (JSON.parse(relations) as DepartmentRelations).parent;
}

/** Where a stored department stands and who leads it, without what else the source says of it. */
export function treeNodeOf({ key, relations }: Pick<StoredRecord, "key" | "relations">): TreeNode {
  const { name, parent, leaders = [] } = JSON.parse(relations) as DepartmentRelations;
  return { key, name, parent, leaders };
}

/** Whom a stored tag names, without its own content, which names them all once more. */
export function tagRelationsOf({ key, relations }: Pick<StoredRecord, "key" | "relations">): TagRecord {
  const { name = "", users, departments } = JSON.parse(relations) as TagRelations;
  return { key, name, users, departments };
}

const readers = { user: userOf, department: departmentOf, tag: tagOf } as const;

/** A record read back from the store. */
export function readRecord(kind: RecordKind, record: StoredRecord): SourceRecord {
  return readers[kind](record);
}

/** A person read back from the store. */
export function userOf({ key, raw, relations }: StoredRecord): SourceUser {
  const { departments, main, managers } = JSON.parse(relations) as UserRelations;
  return { kind: "user", key, raw: JSON.parse(raw) as JsonObject, departments, mainDepartment: main, managers };
}

/** A department read back from the store. */
export function departmentOf(record: StoredRecord): SourceDepartment {
  return { kind: "department", raw: JSON.parse(record.raw) as JsonObject, ...treeNodeOf(record) };
}

/** A tag read back from the store. */
export function tagOf(record: StoredRecord): SourceTag {
  return { kind: "tag", raw: JSON.parse(record.raw) as JsonObject, ...tagRelationsOf(record) };
}
