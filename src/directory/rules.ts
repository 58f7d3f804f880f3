import { isJsonObject, type JsonObject, member } from "../lib/json.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import { parseFilter } from "../scim/parse-filter.ts";
import { type ResolvedFilter, resolveFilter } from "../scim/resolve-filter.ts";
import { userGroupSchemaUrn } from "../scim/schemas/user-group.ts";
import { ScimError } from "../scim/scim-error.ts";
import { type CompiledRule, type DirectoryWrite, type GroupRule, userGroups } from "../store/store.ts";

// Dynamic groups: `memberFilter` of a user group says who is in it.

/** The filter of a user group's document, or null for a group whose members are listed. */
export function memberFilterOf(document: JsonObject): string | null {
  const extension = member(document, userGroupSchemaUrn);
  const filter = isJsonObject(extension) ? member(extension, "memberFilter") : undefined;
  return typeof filter === "string" && filter.trim() !== "" ? filter : null;
}

/**
 * A filter over users, understood.
 *
 * @throws {ScimError} 400 invalidValue that says what is wrong with the filter
 */
export function parseRule(filter: string, catalog: SchemaCatalog): ResolvedFilter {
  try {
    return resolveFilter(parseFilter(filter), "User", catalog);
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    throw new ScimError(400, "invalidValue", `memberFilter: ${error.message}`);
  }
}

/** Rules that can be understood. One that names an attribute that is gone is left out: its group stays as it is. */
export function compileRules(
  rules: readonly { readonly groupId: string; readonly rule: GroupRule }[],
  catalog: SchemaCatalog,
): readonly CompiledRule[] {
  return rules.flatMap(({ groupId, rule }) => {
    try {
      const filter = parseRule(rule.filter, catalog);
      return [{ groupId, filter, sources: rule.sources }];
    } catch (error) {
      if (error instanceof ScimError) return [];
      throw error;
    }
  });
}

/** After this many, everybody is looked at: it costs less than naming them. */
const mostNamed = 1000;

/**
 * Brings dynamic groups up to date after a write.
 *
 * @param touched users who changed, and members who came to a group or left it
 * @param wholeGroups groups changed in a way that can concern all of their members
 */
export async function settleRules(
  write: DirectoryWrite,
  catalog: SchemaCatalog,
  { touched, ofGroup, wholeGroups = false }: Touched,
): Promise<void> {
  const rules = compileRules(await write.listRules(), catalog);
  let changed = false;
  for (const rule of rules) {
    if (ofGroup && !mentionsGroups(rule.filter)) continue;
    const ids = wholeGroups || touched.length > mostNamed ? null : touched;
    if (ids !== null && ids.length === 0) continue;
    if (await write.settleRule(rule, ids)) changed = true;
  }
  if (changed) await write.noteChange(userGroups);
}

export interface Touched {
  readonly touched: readonly string[];
  /** A group changed: only rules that look at groups are concerned. */
  readonly ofGroup: boolean;
  readonly wholeGroups?: boolean;
}

function mentionsGroups(filter: ResolvedFilter): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.some(mentionsGroups);
    case "not":
      return mentionsGroups(filter.filter);
    case "constant":
      return false;
    default:
      return filter.at.extension === null && filter.at.attribute.name === "groups";
  }
}
