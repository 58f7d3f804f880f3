import type { Json } from "../lib/json.ts";
import { secretMask } from "../lib/secrets.ts";
import type { ComparedAnswer, SourceEndAnswer } from "./answers.ts";
import { type ApplyPlan, kinds, type Step } from "./apply-plan.ts";
import { plain } from "./text.ts";

const signs = { create: "+", update: "~", delete: "-" } as const;

/** A plan for a person: a line for each thing, and below it one for each member that changes. No secrets. */
export function reportApplyPlan({ steps, leftAlone }: ApplyPlan): string {
  const lines = steps.flatMap((step) => [
    `${signs[step.action]} ${nameThing(step)}`,
    ...(step.action === "update" ? step.changes.map((change) => `    ${changeInWords(change)}`) : []),
  ]);
  if (leftAlone.length > 0) {
    lines.push("Not in the file, and left alone:", ...leftAlone.map((each) => `    ${nameThing(each)}`));
  }
  const count = (action: Step["action"]) => steps.filter((step) => step.action === action).length;
  lines.push(
    steps.length === 0
      ? "There is nothing to do."
      : `${count("create")} to create, ${count("update")} to change, ${count("delete")} to delete.`,
  );
  return toText(lines);
}

/** A thing by its kind and name. */
export function nameThing({ kind, name }: Pick<Step, "kind" | "name">): string {
  return kind === "settings" ? "settings" : `${kinds[kind].one} ${name}`;
}

function changeInWords({ pointer, before, after }: ComparedAnswer["changes"][number]): string {
  const member = pointer.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
  if (before === secretMask && after === secretMask) return `${member}: another secret`;
  return `${member}: ${shown(before)} → ${shown(after)}`;
}

const longest = 120;

/** JSON as it is, so that a text "7" and a number 7 differ; a secret is its mask. */
function shown(value: Json | undefined): string {
  if (value === undefined) return "(not said)";
  const text = JSON.stringify(value);
  return text.length > longest ? `${[...text].slice(0, longest - 1).join("")}…` : text;
}

/** What the end of a source would take away, for a person. */
export function reportSourceEnd(name: string, people: string, { directory, targets }: SourceEndAnswer): string {
  return toText([
    `The end of source ${name} with --people ${people}:`,
    ...[{ name: "the bridge's directory", ...directory }, ...targets].map(
      ({ name: where, users, groups, memberships }) =>
        `    ${where}: ${users.deactivated} people deactivated, ${users.deleted} deleted, ${users.protected} protected, ` +
        `${users.paused} paused; ${groups.deleted} groups deleted, ${groups.protected} protected; ${memberships} memberships taken away`,
    ),
  ]);
}

function toText(lines: readonly string[]): string {
  return lines.map((line) => `${plain(line)}\n`).join("");
}
