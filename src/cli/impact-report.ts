import type { ImpactAnswer, SourceImpactAnswer } from "./answers.ts";
import { plain, table } from "./text.ts";

/** What a mapping would change, for a person. */
export function reportImpact({ mapping, comparedWith, warnings, sources }: ImpactAnswer): string {
  const head = comparedWith === null ? `${mapping}: not in force yet` : `${mapping}, beside version ${comparedWith}`;
  const blocks = sources.map(describeSource);
  const none = sources.length === 0 ? "No source uses this mapping: nothing would change.\n" : "";
  return [`${plain(head)}\n`, ...warnings.map(describeWarning), ...blocks, none].join("");
}

/** Whether nothing at all would change. */
export function isEmptyImpact({ sources }: ImpactAnswer): boolean {
  return sources.every(
    ({ users, groups, memberships }) =>
      memberships.length === 0 &&
      [users, groups].every(
        ({ created, updated, deactivated, reactivated, deleted }) =>
          created + updated + deactivated + reactivated + deleted === 0,
      ),
  );
}

const counted = ["created", "updated", "deactivated", "reactivated", "deleted", "failed", "unchanged"] as const;

function describeSource(source: SourceImpactAnswer): string {
  const { name, users, groups, attributes, memberships, problems, leftOut, warnings, held, targets } = source;
  const counts = table([
    ["", ...counted],
    ["users", ...counted.map((key) => String(users[key]))],
    ["groups", ...counted.map((key) => String(groups[key]))],
  ]);
  const changed = attributes.map(({ resourceType, attribute, set, changed: other, cleared, examples }) => {
    const [example] = examples;
    const shown = example ? `${example.externalId}: ${show(example.before)} -> ${show(example.after)}` : "";
    return [resourceType, attribute, String(set), String(other), String(cleared), shown];
  });
  return [
    `\nsource ${plain(name)}\n`,
    counts,
    changed.length === 0
      ? ""
      : `\n${table([["", "attribute", "set", "changed", "cleared", "for example"], ...changed])}`,
    ...memberships.map(
      ({ kind, memberType, op, memberships: count }) =>
        `${kind} groups: about ${count} memberships of ${memberType}s would be ${op === "add" ? "added" : "removed"}\n`,
    ),
    ...problems.map((problem) => describeRecords(problem, "problem", "would stay as they are")),
    ...leftOut.map((problem) => describeRecords(problem, "left out", "would be mapped without it")),
    ...warnings.map(describeWarning),
    held === null ? "" : `${plain(`held: ${held}`)}\n`,
    ...targets.map(describeTarget),
  ].join("");
}

function describeTarget({
  name,
  exact,
  users,
  groups,
  entering,
  leaving,
  removals,
  held,
  problem,
}: SourceImpactAnswer["targets"][number]) {
  if (problem !== null) return `${plain(`target ${name}: ${problem}`)}\n`;
  const most = exact ? "" : "at most ";
  const scope = entering + leaving === 0 ? "" : `; ${entering} come into its scope, ${leaving} leave it`;
  const gone =
    removals.users + removals.groups === 0
      ? ""
      : `; ${removals.users} users and ${removals.groups} groups would be removed there`;
  const line = `${plain(`target ${name}: ${most}${users} users and ${groups} groups would change${scope}${gone}`)}\n`;
  return held === null ? line : `${line}${plain(`held at target ${name}: ${held}`)}\n`;
}

function describeRecords(
  { detail, records, examples }: SourceImpactAnswer["problems"][number],
  head: string,
  then: string,
): string {
  return `${plain(`${head}: ${records} records ${then} (${examples.join(", ")}): ${detail}`)}\n`;
}

function describeWarning({ file, line, column, pointer, detail }: ImpactAnswer["warnings"][number]): string {
  const place = line === null ? file : `${file}:${line}:${column}`;
  return `${plain(`warning: ${place} ${pointer}: ${detail}`)}\n`;
}

/** Values are cut: who wants them whole asks for JSON. */
const longest = 60;

function show(value: unknown): string {
  if (value === null) return "none";
  const text = [...JSON.stringify(value)];
  return text.length > longest ? `${text.slice(0, longest).join("")}…` : text.join("");
}
