import type { SourceRow } from "../../store/store.ts";
import { nameTaken, ProblemError } from "../problem.ts";
import type { AdminParts } from "./parts.ts";

/**
 * Refuses a name that another source has.
 *
 * @param own id of the source that is changed, null for a new one
 * @throws ProblemError 409
 */
export async function checkSourceName(store: AdminParts["store"], name: string, own: string | null): Promise<void> {
  const holder = await store.findSource(name);
  if (holder === null || holder.id === own) return;
  throw nameTaken("source", name);
}

/**
 * Refuses to enable one source more than the settings allow, and says which one could make room.
 *
 * @param own id of the source that is enabled, null for a new one
 * @throws ProblemError 409
 */
export async function checkSourceLimits(
  store: AdminParts["store"],
  type: SourceRow["type"],
  own: string | null,
): Promise<void> {
  const settings = await store.readSettings();
  const enabled = (await store.listSources()).filter((source) => source.status === "enabled" && source.id !== own);
  const custom = enabled.filter((source) => source.type === "custom");
  if (type === "custom" && custom.length >= settings.maxCustomSources) {
    throw limitReached(custom, settings.maxCustomSources, "maxCustomSources", " of type custom");
  }
  if (enabled.length >= settings.maxEnabledSources) {
    throw limitReached(enabled, settings.maxEnabledSources, "maxEnabledSources", "");
  }
}

function limitReached(enabled: readonly SourceRow[], limit: number, setting: string, kind: string): ProblemError {
  const names = enabled.map((source) => `"${source.name}"`).join(", ");
  const which = enabled.length === 1 ? names : `one of ${names}`;
  const advice = enabled.length === 0 ? "" : ` Disable ${which} first, or raise the setting ${setting}.`;
  const counted = `${limit} source${limit === 1 ? "" : "s"}${kind}`;
  return new ProblemError(409, "limit-reached", `At most ${counted} can be enabled at once.${advice}`);
}
