import type { Json } from "../../lib/json.ts";
import type { MappingProblem } from "../../mapping/problem.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { RemovalCounts } from "../../store/store.ts";

// What a mapping would change, counted and with examples, before it is active. Examples hold personal data: they are
// for an administrator's eyes, and are neither kept nor logged.

/** What is asked: what a mapping file would change of some sources. */
export interface ImpactQuestion {
  /** The mapping's name. */
  readonly name: string;
  /** The file as it would be; null for what is in force. */
  readonly text: string | null;
  /** Texts of extension schemas that are not in force yet, by their files' names. */
  readonly extensions: Readonly<Record<string, string>>;
  /** Ids. */
  readonly sources: readonly string[];
}

/** Of one type of resource, how many the next sync would … */
export interface ImpactCounts {
  readonly created: number;
  readonly updated: number;
  readonly deactivated: number;
  readonly reactivated: number;
  readonly deleted: number;
  /** … hold back at their last state, because the mapping yields no complete resource. */
  readonly failed: number;
  readonly unchanged: number;
}

/** One resource in which an attribute would change. */
export interface ImpactExample {
  readonly resourceId: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  /** What the source says, where the rule reads one value. */
  readonly source?: Json;
  readonly before: Json;
  readonly after: Json;
}

/** An attribute of resources that are there already. */
export interface AttributeImpact {
  readonly resourceType: ResourceType;
  /** Attribute path, as records have it. */
  readonly attribute: string;
  /** Resources that have no value now and would have one. */
  readonly set: number;
  /** Resources that would have another value. */
  readonly changed: number;
  /** Resources that would lose their value. */
  readonly cleared: number;
  readonly examples: readonly ImpactExample[];
}

/** Memberships that come or go because the mapping says otherwise who is in a group. */
export interface MembershipImpact {
  readonly kind: "department" | "tag";
  readonly memberType: ResourceType;
  readonly op: "add" | "remove";
  /** About how many. */
  readonly memberships: number;
}

/** A problem that keeps records from being mapped, or an attribute out of them. */
export interface RecordImpact {
  readonly detail: string;
  readonly records: number;
  /** Keys of some of them. */
  readonly examples: readonly string[];
}

/** What would reach one target. */
export interface TargetImpact {
  readonly target: string;
  readonly name: string;
  /** False: the target could not be asked what it knows; then what it might not take is counted too. */
  readonly exact: boolean;
  readonly users: number;
  readonly groups: number;
  /** Resources that would come into the target's scope, or leave it. */
  readonly entering: number;
  readonly leaving: number;
  readonly attributes: readonly { readonly attribute: string; readonly resources: number }[];
  /** Of what the target holds: who would be deactivated or deleted there, because of the mapping or of its scope. */
  readonly removals: RemovalCounts;
  /** Why the target's own safeguards would hold removals there; null when they would go ahead. */
  readonly held: string | null;
  /** Why the target could not be looked at; null when it could. */
  readonly problem: string | null;
}

/** What would change of one source's people and groups, as they were last read. */
export interface SourceImpact {
  readonly source: string;
  readonly name: string;
  readonly users: ImpactCounts;
  readonly groups: ImpactCounts;
  readonly attributes: readonly AttributeImpact[];
  readonly memberships: readonly MembershipImpact[];
  readonly problems: readonly RecordImpact[];
  /** Attributes that would be left out of people and groups, because their values do not fit. */
  readonly leftOut: readonly RecordImpact[];
  /** What of the file does not fit this directory: values that a table lacks, fields that the credential never sees. */
  readonly warnings: readonly MappingProblem[];
  /** Why a safeguard would hold some of it; null when everything would go ahead. */
  readonly held: string | null;
  readonly targets: readonly TargetImpact[];
}
