import { type HeldRecordAnswer, heldRecordsAnswer, type TaskAnswer } from "./answers.ts";
import type { ApiClient } from "./api-client.ts";
import { counted } from "./text.ts";

// What a report says of a task's records, of which there can be very many.

/** So many of those that failed are named in a report. */
const mostNamed = 3;

/** The first records of a task that failed; none where its counts say that none did. */
export async function firstFailures(client: ApiClient, task: TaskAnswer): Promise<readonly HeldRecordAnswer[]> {
  if (countFailed(task) === 0) return [];
  const path = `/sync-tasks/${encodeURIComponent(task.id)}/records?status=failed&limit=${mostNamed}`;
  return (await client.call("GET", path, heldRecordsAnswer)).records;
}

/** How many records of a task failed, in the directory and at targets, as its counts say. */
export function countFailed(task: Pick<TaskAnswer, "counts" | "targets">): number {
  const counts = [task, ...task.targets].flatMap((each) => [each.counts.users, each.counts.groups]);
  return counts.reduce((sum, each) => sum + (each["failed"] ?? 0), 0);
}

/** That records failed, the reasons of the first, and where all of them are; nothing where none did. */
export function sayFailed(
  { id }: Pick<TaskAnswer, "id">,
  failed: number,
  first: readonly HeldRecordAnswer[],
  names: ReadonlyMap<string, string>,
): readonly string[] {
  if (failed === 0) return [];
  const reasons = first.map(({ resourceType, externalId, displayName, target, error, because }) => {
    const at = target === null ? "" : ` at target ${names.get(target) ?? target}`;
    return `    ${resourceType} ${externalId ?? displayName ?? "without a name"}${at}: ${error ?? because}`;
  });
  return [
    `  ${counted(failed, "record")} failed:`,
    ...reasons,
    ...(failed > first.length ? [`    all of them: records --task ${id} --status failed`] : []),
  ];
}

/** How many records of a task were skipped: of what may not be touched, or stays. More than a page is not counted to its end. */
export async function countSkipped(
  client: ApiClient,
  { id }: Pick<TaskAnswer, "id">,
): Promise<{ readonly count: number; readonly isAll: boolean }> {
  const path = `/sync-tasks/${encodeURIComponent(id)}/records?status=skipped&limit=500`;
  const { records, nextCursor } = await client.call("GET", path, heldRecordsAnswer);
  return { count: records.length, isAll: nextCursor === null };
}

/** That records were skipped, and where they are; nothing where none was. */
export function saySkipped(
  { id }: Pick<TaskAnswer, "id">,
  { count, isAll }: Awaited<ReturnType<typeof countSkipped>>,
): readonly string[] {
  if (count === 0) return [];
  const were =
    count === 1
      ? "1 record was skipped, and says"
      : `${isAll ? "" : "more than "}${count} records were skipped, and say`;
  return [`  ${were} why: records --task ${id} --status skipped`];
}
