import type { TargetRules } from "../../mapping/target-rules.ts";
import { compileProtection, type Protection, ProtectionError } from "../../plan/protection.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import type { ResourceType } from "../../scim/resource.ts";
import {
  type OnRemoval,
  type Protectors,
  type PushScope,
  type Safeguards,
  type TargetRow,
  type TaskError,
  type TaskHold,
  userGroups,
} from "../../store/store.ts";
import type { TargetLanguage } from "../../target/target.ts";
import { compileRules, TargetRulesError } from "./desired.ts";
import { scopeFilters } from "./scope-filter.ts";
import { type Outage, outageOf } from "./target-down.ts";

/** How a push, or reading a target back, ended. */
export interface PushResult {
  readonly state: "succeeded" | "partial" | "failed" | "held" | "paused";
  readonly error: TaskError | null;
  readonly hold: Omit<TaskHold, "expiresAt"> | null;
  /** Nothing was sent, for there was nothing to send. */
  readonly isIdle?: true;
  /** The target itself is why it ended. */
  readonly outage?: Outage;
}

/** Why nothing was sent. */
export function failedPush(code: string, detail: string): PushResult {
  return { state: "failed", error: { code, detail }, hold: null };
}

/** Of a target that was given up, or that refuses what concerns all of it. Any other error is thrown on. */
export function failedAt(error: unknown): PushResult {
  const outage = outageOf(error);
  if (outage === null || !(error instanceof Error)) throw error;
  return { ...failedPush(outage.code, error.message), outage };
}

/** Whose resources go to a target, and what becomes of leavers there. */
export interface ScopeRequest {
  readonly row: TargetRow;
  readonly catalog: SchemaCatalog;
  readonly language: Pick<TargetLanguage, "inactive" | "makesInactive">;
  /** The sources whose resources are looked at now: one, or all of the target's; and perhaps the user groups. */
  readonly sourceIds: readonly string[];
  /** Also what failed before and waits for its next try. */
  readonly retryAll: boolean;
  /** An administrator ended the source: what becomes of its people, whatever the target's settings say; unguarded. */
  readonly leaving: "keep" | "deactivate" | "delete" | null;
  /** The id of the one person whom the push is about; absent: everybody. */
  readonly only?: string;
  /** Ids of the resources that the push is about; absent: all. */
  readonly among?: readonly string[];
}

/** What a target is to hold, by its settings and the schemas in force; or why that cannot be said. */
export function prepare(
  request: ScopeRequest,
  startedAt: number,
): { readonly scope: PushScope; readonly rules: TargetRules | null; readonly protection: Protection } | PushResult {
  let scope: PushScope;
  try {
    scope = makeScope(request, startedAt);
  } catch (error) {
    return failedPush("target.scope", `the scope of the target is no valid filter: ${messageOf(error)}`);
  }
  try {
    const protection = compileProtection(request.row.settings.safeguards, request.catalog);
    return { scope, rules: compileRules(request.row, request.catalog), protection };
  } catch (error) {
    if (error instanceof ProtectionError) {
      const detail = `safeguards.${error.key} of the target ${error.message}; nothing was sent`;
      return failedPush("target.protection", detail);
    }
    if (!(error instanceof TargetRulesError)) throw error;
    return failedPush("target.mapping", error.message);
  }
}

/** What decides how documents are written there: the target's own rules and its profile; null for neither. */
export function writingVersion(rules: TargetRules | null, { version }: Pick<TargetLanguage, "version">): string | null {
  return [rules?.version ?? null, version].filter((each) => each !== null).join("+") || null;
}

/** Which resources a target is to hold. @throws {ScimError} when the scope of the target is no valid filter */
export function makeScope(
  { row, catalog, sourceIds, retryAll, leaving, language, only, among }: ScopeRequest,
  startedAt: number,
): PushScope {
  const { provision } = row.settings;
  const types: ResourceType[] = [];
  if (provision.users) types.push("User");
  // User groups are a directory of their own, and provisioned or not by themselves.
  const groupSourceIds = sourceIds.filter((id) => (id === userGroups ? provision.userGroups : provision.groups));
  if (groupSourceIds.length > 0) types.push("Group");
  const filters = scopeFilters(row.settings, catalog);
  return {
    targetId: row.id,
    sourceIds: sourceIds.filter((id) => id !== userGroups),
    groupSourceIds,
    types,
    userFilter: filters.User,
    groupFilter: filters.Group,
    startedAt,
    retryAll,
    removesInactive: language.inactive === "removed",
    makesInactive: language.makesInactive,
    protectedBy: protectorsOf(row.settings.safeguards),
    ...(only !== undefined && { only }),
    ...(among !== undefined && { among }),
    deleteDepartedBefore: deleteBefore(
      leaving === "delete" || leaving === "deactivate" ? leaving : provision.onRemoval,
      startedAt,
    ),
  };
}

/** The filters of protected accounts, as links note them. */
export function protectorsOf(safeguards: Safeguards): Protectors {
  return { User: safeguards.protected ?? null, Group: safeguards.protectedGroups ?? null };
}

function deleteBefore(onRemoval: OnRemoval, now: number): number | null {
  if (onRemoval === "deactivate") return null;
  if (onRemoval === "delete") return now;
  return now - onRemoval.deactivateThenDeleteAfterDays * 86_400_000;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
