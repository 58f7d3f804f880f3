import type { JsonObject } from "../lib/json.ts";
import type { AttributeChange } from "../plan/change.ts";
import type { ResolvedFilter } from "../scim/resolve-filter.ts";
import type { Member, ResourceType } from "../scim/resource.ts";
import type { MembersChange, ResourceRow, SourceRow, VisibleSources } from "./store.ts";

// What SCIM clients and administrators do to our own directory, beside the syncs.

/** Who is in a dynamic group: the users of these sources that a SCIM filter finds, as it was written. */
export interface GroupRule {
  readonly filter: string;
  readonly sources: VisibleSources;
}

/** A rule whose filter has been understood. */
export interface CompiledRule {
  readonly groupId: string;
  readonly filter: ResolvedFilter;
  readonly sources: VisibleSources;
}

/** Whose membership is to be looked at again. `membersOf`: who is in one of these groups directly, as `groups` has it. */
export type Concerned = "everybody" | { readonly users: readonly string[] } | { readonly membersOf: readonly string[] };

/** Who leaves a dynamic group when it is settled; `unheld`: not those whose leaving waits for an approval. */
export type Leaving = "all" | "unheld" | "none";

/** A group whose `groups.value` or `groups.display` a filter may name. */
export interface NamedGroup {
  readonly id: string;
  /** Its displayName, folded. */
  readonly name: string | null;
  readonly isDynamic: boolean;
}

/** Some of many users. */
export interface SomeUsers {
  readonly total: number;
  readonly first: readonly Pick<ListedMember, "id" | "userName" | "displayName">[];
}

/** Who would come to a dynamic group and leave it, were it settled now. */
export interface RuleOutcome {
  readonly join: SomeUsers;
  readonly leave: SomeUsers;
}

/** A resource with what decides who may write it. */
export interface WritableRow extends ResourceRow {
  /** `group` is a user group. */
  readonly kind: "user" | "department" | "tag" | "group";
  /** The person has left, and is shown for a while. */
  readonly departed: boolean;
  /** Of a dynamic group. */
  readonly rule: GroupRule | null;
}

/** A department of a custom source. */
export interface DepartmentRow {
  readonly id: string;
  readonly displayName: string;
  /** The department of the same source that it lies in; of several the first, null at the top. */
  readonly parent: string | null;
}

export interface MembersEdit {
  /** Whoever is not in `add` leaves; `remove` is empty then. */
  readonly replace: boolean;
  readonly add: readonly Member[];
  readonly remove: readonly string[];
}

/** What one transaction can do to our own directory. */
export interface DirectoryWrite {
  sources(): Promise<readonly Pick<SourceRow, "id" | "name" | "type" | "status">[]>;
  find(type: ResourceType, id: string, sources: VisibleSources): Promise<WritableRow | null>;
  /** The user of a folded userName, of whatever source. */
  findByUserName(folded: string): Promise<WritableRow | null>;
  /** All departments of a source, in order of their ids. */
  listDepartments(sourceId: string): Promise<readonly DepartmentRow[]>;
  /** Grows with every change of the directory: while it is the same, what was read before is still so. */
  countChanges(): Promise<number>;
  /** Fails, as `isTaken` tells, when the userName of a user or the name of a user group is another's. */
  create(
    made: Pick<WritableRow, "type" | "kind" | "sourceId" | "rule"> & { readonly document: JsonObject },
  ): Promise<WritableRow>;
  /** The same. `returns`: a person who had left is back. */
  change(
    id: string,
    to: { readonly document: JsonObject; readonly rule: GroupRule | null; readonly returns?: boolean },
  ): Promise<WritableRow>;
  /**
   * Empties the row and takes the resource out of its groups, which are answered. `meanwhile` is called while a group is
   * gone already and its members can still be asked for.
   */
  remove(row: Pick<WritableRow, "id" | "type">, meanwhile?: () => Promise<void>): Promise<readonly string[]>;
  /** Which of these ids somebody sees, and what they are. */
  lookUp(
    ids: readonly string[],
    sources: VisibleSources,
  ): Promise<ReadonlyMap<string, { readonly type: ResourceType; readonly departed: boolean }>>;
  /** Answers who came or went. Members that somebody does not see are not removed by `replace`. */
  editMembers(groupId: string, edit: MembersEdit, sources: VisibleSources): Promise<readonly string[]>;
  /** Groups of a kind that hold somebody directly. */
  groupsWith(memberId: string, kind: WritableRow["kind"]): Promise<readonly string[]>;
  /** Whether a group is one of these, or lies in one of them, at any depth. */
  isWithin(groupId: string, ids: readonly string[]): Promise<boolean>;
  listRules(): Promise<readonly { readonly groupId: string; readonly rule: GroupRule }[]>;
  /** How many would leave a dynamic group as `unheld` has it, and how many it holds. */
  ruleLosses(rule: CompiledRule, among: Concerned): Promise<{ readonly removed: number; readonly total: number }>;
  /** Brings the members of a dynamic group up to date. Whether anything changed. */
  settleRule(rule: CompiledRule, among: Concerned, leaving: Leaving): Promise<boolean>;
  /** With the first `limit` of each. */
  ruleOutcome(rule: CompiledRule, limit: number): Promise<RuleOutcome>;
  /** The groups of these folded names and of these ids. */
  groupsNamed(names: readonly string[], ids: readonly string[]): Promise<readonly NamedGroup[]>;
  /** Whether a group has members that are not of these sources. */
  hasMembersBeyond(groupId: string, sources: VisibleSources): Promise<boolean>;
  /** Something of this source, or of the user groups, changed: the targets are to hear of it. */
  noteChange(sourceId: string): Promise<void>;
}

/** The SCIM client that writes. */
export interface DirectoryAuthor {
  readonly id: string;
  readonly name: string;
}

/** The administrator who writes, by the management API. */
export interface AdministratorAuthor {
  readonly id: null;
  readonly name: string;
}

export type DirectoryAction = "create" | "update" | "deactivate" | "reactivate" | "delete";

export interface DirectoryWriter {
  /**
   * One transaction: all of it, or nothing when `work` throws. Writers come one after the other. What it did is recorded.
   *
   * @param author null: an administrator, who is not named
   */
  writeDirectory<T>(
    work: (write: DirectoryWrite) => Promise<T>,
    author?: DirectoryAuthor | AdministratorAuthor | null,
  ): Promise<T>;
  /** Whether a write failed because a name is another's already. */
  isTaken(error: unknown): boolean;
}

/** What a client or an administrator did to one resource of our own directory. */
export interface DirectoryRecord {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Null: an administrator. */
  readonly client: DirectoryAuthor | null;
  /** The name that the administrator had; null: a client, or before it was noted. */
  readonly administrator: string | null;
  readonly sourceId: string;
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly action: DirectoryAction;
  /** What is different; of members the first thousand that came, and that went. */
  readonly changes: readonly (AttributeChange | MembersChange)[];
}

export interface DirectoryRecordQuery {
  readonly source?: string;
  readonly resource?: string;
  /** Null: administrators. */
  readonly client?: string | null;
  /** Of the page before. */
  readonly cursor?: string;
  readonly limit: number;
}

export interface DirectoryRecordReader {
  /** Newest first. */
  listDirectoryRecords(
    query: DirectoryRecordQuery,
  ): Promise<{ readonly items: readonly DirectoryRecord[]; readonly nextCursor: string | null }>;
}

/** A member as an administrator looks at it. */
export interface ListedMember {
  readonly id: string;
  readonly type: ResourceType;
  readonly displayName: string | null;
  readonly userName: string | null;
  readonly sourceId: string;
}

/** Groups as an administrator looks at them. */
/** A department, as it stands in the tree of its source. */
export interface OrganisationUnit {
  readonly id: string;
  readonly sourceId: string;
  readonly displayName: string;
  readonly externalId: string | null;
  /** People who are in it directly. */
  readonly people: number;
  /** Departments directly below it. */
  readonly units: number;
}

/** The departments of a source, a level at a time, in order of their names. */
export interface OrganisationReader {
  /** @param of `parent` null: the topmost ones; `after` is the id of the last one that was shown */
  listUnits(of: {
    readonly sourceId: string;
    readonly parent: string | null;
    readonly after: string | null;
    readonly limit: number;
  }): Promise<readonly OrganisationUnit[]>;
  /** Those with a part of their name, wherever they are. */
  searchUnits(of: {
    readonly sourceId: string;
    readonly q: string;
    readonly limit: number;
  }): Promise<readonly OrganisationUnit[]>;
}

export interface GroupReader {
  /** A page of the members of one group, in order of their ids, with the names of the sources that they come from. */
  listMembers(
    groupId: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly ListedMember[]>;
  /** Whom a rule finds now: how many, and the first of them. */
  findByRule(
    rule: Omit<CompiledRule, "groupId">,
    limit: number,
  ): Promise<{ readonly total: number; readonly rows: readonly ListedMember[] }>;
  /** How many members each of these groups has; none are missing. */
  countMembers(groupIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** All departments of a custom source, in order of their ids. */
  listDepartments(sourceId: string): Promise<readonly DepartmentRow[]>;
  /** Ids of the departments of a source that hold these people directly; nobody is missing. */
  departmentsOf(sourceId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** The groups of these folded names and of these ids. */
  groupsNamed(names: readonly string[], ids: readonly string[]): Promise<readonly NamedGroup[]>;
  /** The rules of those of these groups that are dynamic. */
  rulesOf(groupIds: readonly string[]): Promise<ReadonlyMap<string, GroupRule>>;
}
