import type { Json, JsonObject } from "../lib/json.ts";
import type { SourceDepartment, SourceTag, SourceUser } from "../source/source.ts";

/** A department as mappings can read it. */
export interface DepartmentContext {
  readonly key: string;
  readonly name: string;
  /** Names from below the topmost visible department joined by `/`; of that one its own name. */
  readonly path: string;
  /** Key of the department above; null for a topmost visible one. */
  readonly parent: string | null;
  /** Those who lead it, as the source spells them. */
  readonly leaders: readonly string[];
}

/** A tag as mappings can read it. */
export interface TagContext {
  readonly key: string;
  readonly name: string;
}

/** Settings of the source that shape what is mapped. */
export interface SourceContext {
  readonly organization: string | null;
  /** Prefix of `externalId` and suffix of `userName`, so that two corps can share an endpoint or a target. */
  readonly namespace: string | null;
  /**
   * Fields that the credential is never shown: a rule that reads only these leaves its attribute as it was. `tags` stands
   * among them where nothing is known of any tag.
   */
  readonly unseenFields: ReadonlySet<string>;
  /** Of somebody who has, or had, agreed that his fields are seen: those are no more among the unseen ones. */
  readonly consent?: ConsentContext | undefined;
}

/** What somebody's consent says of the fields that the credential is not shown. */
export interface ConsentContext {
  /** Fields whose values are in his record because he gave them. */
  readonly given: ReadonlySet<string>;
  /** Fields that he gave once and does not give any more. They have no value, and what was made from them goes. */
  readonly withdrawn: ReadonlySet<string>;
}

export interface UserInput {
  readonly user: SourceUser;
  readonly departments: readonly DepartmentContext[];
  readonly mainDepartment: DepartmentContext | null;
  /** The tags that he carries, himself or by a department, in a fixed order. */
  readonly tags: readonly TagContext[];
  readonly source: SourceContext;
}

export interface DepartmentInput {
  readonly department: SourceDepartment;
  readonly context: DepartmentContext;
  readonly source: SourceContext;
}

export interface TagInput {
  readonly tag: SourceTag;
  readonly source: SourceContext;
}

/** One attribute that could not be mapped, or a resource that lacks what SCIM requires. */
export interface RecordProblem {
  /** JSON Pointer of the rule in the mapping file. */
  readonly pointer: string;
  readonly detail: string;
}

/** What a record became. */
export interface Mapped {
  /**
   * SCIM attributes: core ones at the top, extensions under their URN. No `schemas`, `id`, `meta`, `members`, `groups`.
   * A manager's `value` is still the key of a source user; whoever knows the ids replaces it.
   * Attributes without a value are absent (never null, never an empty array).
   */
  readonly document: JsonObject;
  /** Attribute paths that keep the value they have: create-only rules, unseen fields, `absent: keep`. */
  readonly keep: readonly string[];
  /** Attribute paths with `apply: "create"`: taken from the document on creation only. */
  readonly createOnly: readonly string[];
  /** Per attribute path the value of the source that it was made from, for the record. */
  readonly sources: Readonly<Record<string, Json>>;
  /** A record with problems is held at its last good state. */
  readonly problems: readonly RecordProblem[];
  /** Optional attributes that were left out because their value does not fit. The record goes on without them. */
  readonly warnings: readonly RecordProblem[];
  /** Names of attributes that consent gave a value to, or took it from, as `sources` names them. Left out: none. */
  readonly consent?: { readonly given: readonly string[]; readonly withdrawn: readonly string[] };
  /** Values that no other resource may have, with what to try instead: see `chooseUnique`. Left out: none. */
  readonly unique?: readonly UniqueValue[];
}

/** A value that must be nobody else's. The document holds the first candidate until `chooseUnique` has chosen. */
export interface UniqueValue {
  /** Path of an attribute of type string with one value. */
  readonly path: string;
  /** JSON Pointer of the rule in the mapping file. */
  readonly pointer: string;
  /** What to try, in order; the same each time. */
  candidates(): Iterable<string>;
}

/** Which members a group gets: `direct` users of a department and its `children`, users and departments `listed` in a tag. */
export interface MemberRule {
  readonly users: boolean;
  readonly groups: boolean;
}

/** A mapping file, compiled: pure functions of their input. */
export interface CompiledMapping {
  readonly name: string;
  /** Hash of everything that shapes the result: file, extension schemas, the version of the language. */
  readonly version: string;
  mapUser(input: UserInput): Mapped;
  mapDepartment(input: DepartmentInput): Mapped;
  mapTag(input: TagInput): Mapped;
  /** Null where the file does not map this kind. */
  readonly members: { readonly department: MemberRule | null; readonly tag: MemberRule | null };
}
