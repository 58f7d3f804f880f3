import type { RecordProblem } from "../../mapping/mapping.ts";
import type { Action } from "../../plan/change.ts";
import { diffDocuments } from "../../scim/document-diff.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { DirectoryChange, RemovalCounts } from "../../store/store.ts";
import type { AttributeImpact, ImpactCounts, ImpactExample, RecordImpact } from "./impact.ts";

/** How many examples each attribute and each problem gets. */
const maxExamples = 5;
/** A mapping has some dozens of rules, so that there are no more problems than that; only a bound. */
const maxProblems = 50;

type Counts = { -readonly [K in keyof ImpactCounts]: number };
type Attribute = { -readonly [K in keyof AttributeImpact]: AttributeImpact[K] } & {
  readonly examples: ImpactExample[];
};

/** Adds up changes that nothing was done with. */
export interface Tally {
  add(change: DirectoryChange): void;
  addUnchanged(type: ResourceType): void;
  /** What the mapping leaves out of the record with this key. */
  addWarnings(key: string, warnings: readonly RecordProblem[]): void;
  readonly counts: Readonly<Record<ResourceType, ImpactCounts>>;
  readonly identities: RemovalCounts;
  attributes(): readonly AttributeImpact[];
  problems(): readonly RecordImpact[];
  leftOut(): readonly RecordImpact[];
}

const names: Readonly<Record<Exclude<Action, "adopt">, keyof ImpactCounts>> = {
  create: "created",
  update: "updated",
  deactivate: "deactivated",
  reactivate: "reactivated",
  delete: "deleted",
};

export function makeTally(): Tally {
  const counts: Record<ResourceType, Counts> = { User: noCounts(), Group: noCounts() };
  const identities = { users: 0, groups: 0 };
  const attributes = new Map<string, Attribute>();
  const problems = makeReasons();
  const leftOut = makeReasons();

  const addDifferences = (change: DirectoryChange): void => {
    const { resourceType, resourceId, externalId, displayName, sources } = change;
    for (const { attribute, before, after } of diffDocuments(change.before, change.after)) {
      const key = `${resourceType} ${attribute}`;
      const tally = attributes.get(key) ?? { resourceType, attribute, set: 0, changed: 0, cleared: 0, examples: [] };
      tally[before === null ? "set" : after === null ? "cleared" : "changed"] += 1;
      const source = sources?.[attribute] ?? sources?.[`${attribute}.value`];
      if (tally.examples.length < maxExamples) {
        tally.examples.push({
          ...{ resourceId, externalId, displayName },
          ...(source !== undefined && { source }),
          ...{ before, after },
        });
      }
      attributes.set(key, tally);
    }
  };

  return {
    add(change) {
      if (change.status === "failed") {
        counts[change.resourceType].failed += 1;
        problems.add(change.error ?? "", change.key);
        return;
      }
      if (change.action === "adopt") return;
      counts[change.resourceType][names[change.action]] += 1;
      if (change.changesIdentity) {
        identities[change.resourceType === "User" ? "users" : "groups"] += 1;
      }
      if (change.before !== null) addDifferences(change);
    },
    addUnchanged(type) {
      counts[type].unchanged += 1;
    },
    addWarnings(key, warnings) {
      for (const { pointer, detail } of warnings) leftOut.add(`${pointer}: ${detail}`, key);
    },
    counts,
    identities,
    attributes: () => [...attributes.values()].sort(byResources),
    problems: problems.list,
    leftOut: leftOut.list,
  };
}

/** Which records something is said of, by what is said. */
function makeReasons(): { add(detail: string, key: string): void; list(): readonly RecordImpact[] } {
  const reasons = new Map<string, { records: number; examples: string[] }>();
  return {
    add(detail, key) {
      const known = reasons.get(detail);
      if (!known && reasons.size >= maxProblems) return;
      const reason = known ?? { records: 0, examples: [] };
      reason.records += 1;
      if (reason.examples.length < maxExamples) reason.examples.push(key);
      reasons.set(detail, reason);
    },
    list: () => [...reasons].map(([detail, each]) => ({ detail, ...each })).sort((a, b) => b.records - a.records),
  };
}

function noCounts(): Counts {
  return { created: 0, updated: 0, deactivated: 0, reactivated: 0, deleted: 0, failed: 0, unchanged: 0 };
}

function byResources(a: AttributeImpact, b: AttributeImpact): number {
  const sum = ({ set, changed, cleared }: AttributeImpact): number => set + changed + cleared;
  return sum(b) - sum(a) || (a.attribute < b.attribute ? -1 : 1);
}
