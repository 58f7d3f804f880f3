import { contentHash } from "../lib/hash.ts";
import type { JsonObject } from "../lib/json.ts";
import type { DepartmentContext } from "../mapping/mapping.ts";
import type { SourceDepartment, SourceRecord, SourceTag, SourceUser } from "../source/source.ts";
import type { ReadRecord, StoredRecord } from "../store/store.ts";

/**
 * A record as it is kept: its own content, and a fingerprint of all that its resource is made from. A department's
 * name is in the fingerprints of its people, so that renaming it brings them up to date.
 */
export function prepareRecord(record: SourceRecord, departments: ReadonlyMap<string, DepartmentContext>): ReadRecord {
  const raw = JSON.stringify(record.raw);
  const relations = JSON.stringify(relationsOf(record));
  const hash = contentHash(raw + relations);
  return { key: record.key, raw, relations, hash, fingerprint: contentHash(hash + surroundings(record, departments)) };
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

function surroundings(record: SourceRecord, departments: ReadonlyMap<string, DepartmentContext>): string {
  const describe = (key: string): string => {
    const context = departments.get(key);
    return context ? `${key}=${context.path}\u0000${context.name}` : key;
  };
  if (record.kind === "user") return [...record.departments, record.mainDepartment ?? ""].map(describe).join("\n");
  if (record.kind === "department") return `${describe(record.key)}\n${departments.has(record.parent ?? "")}`;
  return "";
}

/** The departments that a stored person belongs to; what the source says of him besides is not looked at. */
export function departmentsOf({ relations }: StoredRecord): readonly string[] {
  return (JSON.parse(relations) as UserRelations).departments;
}

/** The parent of a stored department. */
export function parentOf({ relations }: StoredRecord): string | null {
  return (JSON.parse(relations) as DepartmentRelations).parent;
}

/** A person read back from the store. */
export function userOf({ key, raw, relations }: StoredRecord): SourceUser {
  const { departments, main, managers } = JSON.parse(relations) as UserRelations;
  return { kind: "user", key, raw: JSON.parse(raw) as JsonObject, departments, mainDepartment: main, managers };
}

/** A department read back from the store. */
export function departmentOf({ key, raw, relations }: StoredRecord): SourceDepartment {
  const { name, parent, leaders = [] } = JSON.parse(relations) as DepartmentRelations;
  return { kind: "department", key, raw: JSON.parse(raw) as JsonObject, name, parent, leaders };
}

/** A tag read back from the store. */
export function tagOf({ key, raw, relations }: StoredRecord): SourceTag {
  const { name = "", users, departments } = JSON.parse(relations) as TagRelations;
  return { kind: "tag", key, raw: JSON.parse(raw) as JsonObject, name, users, departments };
}
