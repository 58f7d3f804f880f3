import type { TaskAnswer } from "./answers.ts";
import { holdText } from "./held.ts";
import { plain } from "./text.ts";

/**
 * How a task ended, for a person.
 *
 * @param about name of its source or target
 * @param names of targets by their ids; one that is not there is called by its id
 * @param ended how it ended, in a word or two
 */
export function reportTask(
  about: string,
  task: TaskAnswer,
  names: ReadonlyMap<string, string> = new Map(),
  ended: string = task.state,
): string {
  const lines = [
    `${whatItIs(task)} ${about}: ${ended} (task ${task.id})`,
    `  users:  ${countsInWords(task.counts.users)}`,
    `  groups: ${countsInWords(task.counts.groups)}`,
    ...task.targets.flatMap((target) => [
      `  target ${names.get(target.target) ?? target.target}: ${target.state}`,
      `    users:  ${countsInWords(target.counts.users)}`,
      `    groups: ${countsInWords(target.counts.groups)}`,
      ...(target.error ? [`    ${target.error.code}: ${target.error.detail}`] : []),
    ]),
    // What worked went on, and somebody has a file to mend.
    ...(task.mapping?.problem
      ? [
          `  mapping ${task.mapping.name}: version ${task.mapping.version} was used; of the files not in force: ${task.mapping.problem}`,
        ]
      : []),
    ...(task.error ? [`  ${task.error.code}: ${task.error.detail}`] : []),
    ...whoDid(task),
  ];
  return lines.map((line) => `${plain(line)}\n`).join("") + holdText(task);
}

/** What kind of task it is, for the name of its source or target to follow. */
function whatItIs({ mode, source, resource, undoes }: TaskAnswer): string {
  if (undoes !== null) return `${mode === "plan" ? "Plan of the undo" : "Undo"} of task ${undoes} of`;
  if (resource !== null) return "Provision of";
  if (mode === "apply" && source === null) return "Push to";
  return kinds[mode] ?? "Sync of";
}

const kinds: Readonly<Record<string, string>> = {
  plan: "Plan of",
  verify: "Verify of",
  match: "Preview of matches at",
  link: "Link by hand at",
};

/** Who asked for it, and who decided about what it held; nothing where no person did. */
function whoDid({ requestedBy, decidedBy, decidedAt, state }: TaskAnswer): readonly string[] {
  const asked = requestedBy === null ? [] : [`  requested by ${requestedBy}`];
  if (decidedBy === null) return asked;
  return [...asked, `  ${state === "cancelled" ? "cancelled" : "approved"} by ${decidedBy} at ${decidedAt}`];
}

const inWords: Readonly<Record<string, string>> = { outOfSight: "out of sight" };

/** The counts that are not 0. */
export function countsInWords(counts: Readonly<Record<string, number>>): string {
  const words = Object.entries(counts).filter(([, count]) => count > 0);
  return words.map(([what, count]) => `${count} ${inWords[what] ?? what}`).join(", ") || "nothing";
}
