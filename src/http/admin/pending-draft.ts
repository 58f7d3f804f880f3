import type { SchemaVersionSummary } from "../../store/store.ts";

/**
 * The draft of a file that waits to be activated: the one that was saved last, unless a version came into force since.
 *
 * @param drafts those that were saved last first
 * @param lastActivatedAt when a version of the file last came into force
 * @param active the version in force, which decides between two things of the same moment
 */
export function pendingDraft(
  drafts: readonly SchemaVersionSummary[],
  name: string,
  lastActivatedAt: number | null,
  active: number | null,
): SchemaVersionSummary | null {
  const draft = drafts.find((each) => each.name === name);
  if (draft === undefined) return null;
  if (lastActivatedAt === null || draft.createdAt > lastActivatedAt) return draft;
  return draft.createdAt === lastActivatedAt && draft.version > (active ?? 0) ? draft : null;
}
