import type { SourceRow } from "../../store/store.ts";
import type { EndPreview } from "../../sync/preview-end.ts";
import { notFound, ProblemError } from "../problem.ts";
import type { AdminParts, People } from "./parts.ts";

/** How a source is to end. */
export interface Ending {
  readonly people: People;
  readonly afterwards: "disable" | "delete";
}

/**
 * Refuses the end of a source that takes something away, unless what the preview gave is said, and still holds.
 *
 * @throws ProblemError 409 with the preview
 */
export async function checkConfirmed(
  parts: AdminParts,
  source: SourceRow,
  ending: Ending,
  said: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (ending.people === "keep") return;
  const preview = await lookAhead(parts, source, ending, signal);
  if (preview.confirm === null || preview.confirm === said) return;
  const moved = said === undefined ? "" : " What was said does not fit what it would take away now.";
  const detail = `${inWords(preview)}${moved} Look at it, and say "confirm": "${preview.confirm}" with the call.`;
  throw new ProblemError(409, "conflict", detail, [], { members: { preview } });
}

/** What that end would take away: the engine is asked. @throws ProblemError 409 where nobody can say who is protected */
export async function lookAhead(
  { previewEnd }: Pick<AdminParts, "previewEnd">,
  { id }: Pick<SourceRow, "id">,
  { people, afterwards }: Ending,
  signal: AbortSignal,
): Promise<EndPreview> {
  const preview = await previewEnd({ source: id, people, afterwards }, signal);
  if (preview === null) throw notFound("source", id);
  if ("problem" in preview) throw new ProblemError(409, "conflict", `${preview.problem}: mend it first.`);
  return preview;
}

function inWords({ directory, targets }: EndPreview): string {
  const at = targets.map(({ name, users, groups }) => {
    const off = users.deactivated > 0 ? [`${users.deactivated} people deactivated`] : [];
    const gone = users.deleted > 0 ? [`${users.deleted} people deleted`] : [];
    return `${[...off, ...gone, `${groups.deleted} groups deleted`].join(", ")} at ${name}`;
  });
  const here = `${directory.users.deactivated} people and ${directory.groups.deleted} groups would leave the directory`;
  return `${[here, ...at].join("; ")}.`;
}
