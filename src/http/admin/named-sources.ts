import { userGroups, type VisibleSources } from "../../store/store.ts";
import { invalid, type ProblemItem } from "../problem.ts";
import type { AdminParts } from "./parts.ts";

// Lists of sources that a body names, by ids or names, and that are kept as ids.

/** The ids of named sources, and what is wrong with the names. */
export interface NamedSources {
  readonly ids: readonly string[];
  readonly errors: readonly ProblemItem[];
}

/**
 * Looks up a member `sources` of a body.
 *
 * @param kept ids that the list has already: what was read can be sent back, also when a source is gone by now
 */
export async function lookUpSources(
  store: Pick<AdminParts["store"], "findSource">,
  named: readonly string[],
  kept: VisibleSources = [],
): Promise<NamedSources> {
  const ids = new Set<string>();
  const errors: ProblemItem[] = [];
  for (const [index, name] of named.entries()) {
    const isKept = name === userGroups || (kept !== "all" && kept.includes(name));
    const id = (await store.findSource(name))?.id ?? (isKept ? name : undefined);
    if (id === undefined) errors.push({ pointer: `/sources/${index}`, detail: "there is no such source" });
    else ids.add(id);
  }
  return { ids: [...ids], errors };
}

/** @throws ProblemError 400 that names each source that is not there */
export async function toSourceIds(
  store: AdminParts["store"],
  named: readonly string[],
  kept: VisibleSources = [],
): Promise<readonly string[]> {
  const { ids, errors } = await lookUpSources(store, named, kept);
  if (errors.length > 0) throw invalid(errors);
  return ids;
}

/**
 * What to say of lists of sources of which some have been deleted since: a list keeps their ids, so that it never comes to
 * mean more than was meant.
 *
 * @returns null where nothing is missing
 */
export async function makeGoneWarning(store: AdminParts["store"]): Promise<(sources: VisibleSources) => string | null> {
  const there = new Set((await store.listSources()).map(({ id }) => id));
  return (sources) => {
    const gone = sources === "all" ? [] : sources.filter((id) => id !== userGroups && !there.has(id));
    if (gone.length === 0) return null;
    const which =
      gone.length === 1 ? `a source that was deleted: ${gone[0]}` : `sources that were deleted: ${gone.join(", ")}`;
    const rest = sources.length === gone.length ? ", and no other" : "";
    return `sources names ${which}${rest}. Give it the sources that it is to see, with PATCH`;
  };
}
