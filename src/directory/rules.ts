import { isJsonObject, type JsonObject, member } from "../lib/json.ts";
import { type MemberLossNumbers, type RemovalLimit, refuseMemberLosses } from "../plan/guard.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import { parseFilter } from "../scim/parse-filter.ts";
import { type ResolvedFilter, resolveFilter } from "../scim/resolve-filter.ts";
import { userGroupSchemaUrn } from "../scim/schemas/user-group.ts";
import { ScimError } from "../scim/scim-error.ts";
import {
  type CompiledRule,
  type Concerned,
  type DirectoryWrite,
  type GroupRule,
  type Leaving,
  userGroups,
} from "../store/store.ts";
import { mentionsGroups } from "./named-groups.ts";

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

/** Dynamic groups that there can be: each costs a look at everybody after a sync. */
export const mostRules = 200;

/**
 * As many members as a dynamic group loses because of somebody's write to something else; the same as the safeguard of a
 * source where nobody said otherwise. What is beyond waits for a sync, which asks, or for an administrator.
 */
const lossesInPassing: RemovalLimit = { floor: 20, percent: 50 };

/** What a write touched. */
export type Touched =
  | {
      /** Users who changed, and members who came to a group or left it. */
      readonly touched: readonly string[];
      /** Only their groups changed: rules that do not look at groups are not concerned. */
      readonly ofGroup: boolean;
    }
  /** Groups that became other ones to a rule: another name, no longer there, or dynamic now. Not their own rules. */
  | { readonly membersOf: readonly string[] };

/** Brings dynamic groups up to date after a write to something else, within {@link lossesInPassing}. */
export async function settleRules(write: DirectoryWrite, catalog: SchemaCatalog, touched: Touched): Promise<void> {
  const among = "membersOf" in touched ? touched : { users: touched.touched };
  const concerned = "membersOf" in among ? among.membersOf : among.users;
  if (concerned.length === 0) return;
  const goesByGroups = "membersOf" in touched || touched.ofGroup;
  const own = new Set("membersOf" in touched ? touched.membersOf : []);
  let changed = false;
  for (const rule of compileRules(await write.listRules(), catalog)) {
    if (own.has(rule.groupId) || (goesByGroups && !mentionsGroups(rule.filter))) continue;
    if (await write.settleRule(rule, among, await leavingInPassing(write, rule, among))) changed = true;
  }
  if (changed) await write.noteChange(userGroups);
}

async function leavingInPassing(write: DirectoryWrite, rule: CompiledRule, among: Concerned): Promise<Leaving> {
  if (among !== "everybody" && "users" in among && among.users.length <= lossesInPassing.floor) return "unheld";
  return mayLeaveInPassing(await write.ruleLosses(rule, among)) ? "unheld" : "none";
}

/** Whether anybody leaves a dynamic group, and not too many for a write to something else. */
export function mayLeaveInPassing(losses: MemberLossNumbers): boolean {
  return losses.removed > 0 && refuseMemberLosses([losses], lossesInPassing) === null;
}
