import type { JsonObject } from "../../lib/json.ts";
import type { TargetRules } from "../../mapping/target-rules.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import { isActive, managerOf } from "../../scim/document.ts";
import { diffDocuments, differingParts } from "../../scim/document-diff.ts";
import { matchesFilter } from "../../scim/match-filter.ts";
import type { ResourceType } from "../../scim/resource.ts";
import { ScimError } from "../../scim/scim-error.ts";
import type { DirectoryChange, TargetRow } from "../../store/store.ts";
import { type Capabilities, type Target, TargetError, type TargetLanguage } from "../../target/target.ts";
import { compileRules, TargetRulesError } from "../push/desired.ts";
import { makeScope } from "../push/prepare.ts";
import { type ScopeFilters, scopeFilters } from "../push/scope-filter.ts";
import type { TargetImpact } from "./impact.ts";
import type { GroupLoss } from "./member-losses.ts";
import { makeTargetGuard, type TargetGuardStore, type Wanted } from "./target-guard.ts";

/** Looks at changes of the directory as one target would see them. */
export interface TargetLens {
  look(changes: readonly DirectoryChange[]): Promise<void>;
  /** @param losses memberships that the directory would take away */
  result(losses: readonly GroupLoss[]): Promise<TargetImpact>;
}

export interface LensParts {
  readonly row: TargetRow;
  readonly target: Pick<Target, "discover">;
  readonly language: Pick<TargetLanguage, "adjust" | "inactive" | "makesInactive">;
  readonly catalog: SchemaCatalog;
  readonly store: TargetGuardStore;
  /** The source whose resources are looked at. */
  readonly sourceId: string;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** How long a target may take to say what it knows, in milliseconds. Without that the answer is less exact. */
const discoveryMs = 5_000;

/** Makes ready to look at changes through a target's scope, its own rules and its language. Sends no change. */
export async function openLens(parts: LensParts): Promise<TargetLens> {
  const { row, target, language, catalog, signal } = parts;
  let filters: ScopeFilters;
  let rules: TargetRules | null;
  try {
    filters = scopeFilters(row.settings, catalog);
    rules = compileRules(row, catalog);
  } catch (error) {
    if (!(error instanceof TargetRulesError || error instanceof ScimError)) throw error;
    return blindLens(row, error.message);
  }
  const capabilities = await discover(target, signal);
  const types = typesOf(row, capabilities);
  const tally = { User: 0, Group: 0, entering: 0, leaving: 0 };
  const attributes = new Map<string, number>();
  const request = { row, catalog, sourceIds: [parts.sourceId], retryAll: true, leaving: null, language };
  const scope = { ...makeScope(request, parts.clock()), types: [...types] };
  const guard = makeTargetGuard({ ...parts, scope });

  const isInScope = (type: ResourceType, document: JsonObject | null): document is JsonObject => {
    if (document === null) return false;
    const filter = filters[type];
    return filter === null || matchesFilter(filter, unplaced(type, document));
  };
  const refine = (type: ResourceType, document: JsonObject): JsonObject =>
    rules === null ? document : type === "User" ? rules.adjustUser(document) : rules.adjustGroup(document);
  const render = (type: ResourceType, document: JsonObject): JsonObject =>
    // Our own id of the manager stands in for the target's: only whether it is another one counts.
    capabilities === null
      ? document
      : language.adjust(document, { type, capabilities, managerRemoteId: managerOf(document) });

  const lookAt = ({
    resourceId: id,
    resourceType: type,
    action,
    before,
    ...change
  }: DirectoryChange): Wanted | null => {
    if (!types.has(type)) return null;
    const after = action === "delete" ? null : change.after;
    const was = isInScope(type, before) ? before : null;
    const is = isInScope(type, after) ? after : null;
    if (was !== null && is !== null) addDifferences(type, was, is);
    else if (was !== null || is !== null) tally[was === null ? "entering" : "leaving"] += 1;
    return { id, type, before: was !== null && isActive(was), after: is !== null && isActive(is) };
  };
  const addDifferences = (type: ResourceType, before: JsonObject, after: JsonObject): void => {
    const [old, fresh] = differingParts(refine(type, before), refine(type, after));
    const differences = diffDocuments(render(type, old), render(type, fresh));
    if (differences.length > 0) tally[type] += 1;
    for (const { attribute } of differences) attributes.set(attribute, (attributes.get(attribute) ?? 0) + 1);
  };

  return {
    look: (changes) => guard.note(changes.flatMap((change) => lookAt(change) ?? [])),
    result: async (losses) => ({
      target: row.id,
      name: row.name,
      exact: capabilities !== null && !asksForMore(row),
      users: tally.User,
      groups: tally.Group,
      entering: tally.entering,
      leaving: tally.leaving,
      attributes: [...attributes]
        .map(([attribute, resources]) => ({ attribute, resources }))
        .sort((a, b) => b.resources - a.resources || (a.attribute < b.attribute ? -1 : 1)),
      removals: guard.removals(),
      held: await guard.held(losses),
      problem: null,
    }),
  };
}

/** Null where the target does not say in time what it can do. */
async function discover(target: Pick<Target, "discover">, signal: AbortSignal): Promise<Capabilities | null> {
  const patience = AbortSignal.timeout(discoveryMs);
  try {
    return await target.discover(AbortSignal.any([signal, patience]));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TargetError || patience.aborted) return null;
    throw error;
  }
}

function typesOf({ settings }: TargetRow, capabilities: Capabilities | null): ReadonlySet<ResourceType> {
  const { users, groups } = settings.provision;
  return new Set<ResourceType>([
    ...(users && capabilities?.users !== false ? ["User" as const] : []),
    ...(groups && capabilities?.groups !== false ? ["Group" as const] : []),
  ]);
}

/** A document that is not, or not like this, in the directory: what a filter asks beyond it is not known. */
function unplaced(type: ResourceType, document: JsonObject) {
  return { type, document, id: "", createdAt: 0, lastModifiedAt: 0, edges: [] };
}

function asksForMore({ settings: { scope } }: TargetRow): boolean {
  return /\b(id|meta|members|groups)\b/i.test(`${scope.users ?? ""} ${scope.groups ?? ""}`);
}

/** Of a target that cannot be looked at, and why. */
export function blindLens(row: TargetRow, problem: string): TargetLens {
  const nothing = { users: 0, groups: 0, entering: 0, leaving: 0, attributes: [] };
  const unguarded = { removals: { users: 0, groups: 0 }, held: null };
  const result: TargetImpact = { target: row.id, name: row.name, exact: false, ...nothing, ...unguarded, problem };
  return { look: async () => {}, result: async () => result };
}
