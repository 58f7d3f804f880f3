import { canonicalJson } from "../lib/json.ts";
import type { SourceScope, Visibility } from "../source/source.ts";
import type { ReadBaseline } from "../store/store.ts";

/**
 * Whether the credentials see less than at the last good read, and what. `nothingHidden`: it is known of everybody and of
 * every department that they are in sight or gone, so that only tags can be out of it. A shrunken scope looks exactly like mass
 * departure, so then nobody has left. Null when they see as much or more, and when an administrator has set another
 * scope since: what is gone then is gone because somebody said so.
 */
export function shrunkenVisibility(
  baseline: ReadBaseline | null,
  current: ReadBaseline,
  { nothingHidden = false }: { readonly nothingHidden?: boolean } = {},
): string | null {
  if (baseline === null || !isSameScope(baseline.scope, current.scope)) return null;
  return lostSight(baseline.visibility, current.visibility, nothingHidden);
}

/** An administrator has not chosen another part of the source in between. */
export function isSameScope(one: SourceScope, other: SourceScope): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

function lostSight(before: Visibility, now: Visibility, onlyTags: boolean): string | null {
  if (before.granted !== null && now.granted !== null) {
    const people = onlyTags
      ? []
      : [
          ...missing("department", before.granted.departments, now.granted.departments),
          ...missing("person", before.granted.users, now.granted.users),
        ];
    const lost = [...people, ...missing("tag", before.granted.tags, now.granted.tags)];
    return lost.length === 0 ? null : describe(lost);
  }
  const lost = onlyTags ? [] : missing("topmost department", before.roots, now.roots);
  return lost.length === 0 ? null : describe(lost);
}

function missing(what: string, before: readonly string[], now: readonly string[]): string[] {
  const still = new Set(now);
  return before.filter((key) => !still.has(key)).map((key) => `${what} ${key}`);
}

function describe(lost: readonly string[]): string {
  const shown = lost.slice(0, 5).join(", ");
  return lost.length > 5 ? `${shown} and ${lost.length - 5} more` : shown;
}
