import type { TaskError } from "../store/store.ts";
import type { ReadOutcome } from "./read-source.ts";

/** The read was whole, and some who are there are out of its sight. */
export const outOfSightCode = "source.out-of-sight";

/** What a sync could not bring up to date, or conclude, and what to do; null when there is nothing to say. */
export function incompleteness(outcome: ReadOutcome, shrunken: string | null): TaskError | null {
  const [first, ...others] = outcome.problems;
  if (first !== undefined) {
    const more = others.length > 0 ? ` (and ${others.length} more parts)` : "";
    return {
      code: first.code,
      detail: `${first.detail.replace(/\.$/, "")}${more}. What was read is brought up to date, nothing is removed`,
      ...(first.errcode === null ? {} : { errcode: first.errcode }),
    };
  }
  return outOfSight(outcome, shrunken) ?? lessSeen(outcome, shrunken) ?? notWhole(outcome);
}

/** Out of sight is not departed: they stay, and somebody has to hear that nothing new is known of them. */
function outOfSight({ existence }: ReadOutcome, shrunken: string | null): TaskError | null {
  if (existence === null) return null;
  const { users, departments, examples } = existence.hidden;
  const hidden = users + departments;
  if (hidden === 0) return null;
  const more = hidden > examples.length ? ` and ${hidden - examples.length} more` : "";
  const amounts = [amount(users, "person", "people"), amount(departments, "department", "departments")].filter(
    (text) => !text.startsWith("0 "),
  );
  const nobody =
    shrunken !== null && existence.omitsSome
      ? " That list leaves out people who are not active, so nobody is removed as long as this is so."
      : "";
  const less = shrunken === null ? "" : ` The credentials see less than at the last complete read: ${shrunken}.`;
  return {
    code: outOfSightCode,
    detail: `${amounts.join(" and ")}: in ${existence.list}, but out of the app's sight (${examples.join(", ")}${more}). They have not left: they stay as they are, and what changes of them is not known.${less}${nobody} Widen the app's visible scope (可见范围), or, if they are not meant to be synced, set the scope of this source to the departments that are: then they leave, under the safeguards`,
  };
}

function lessSeen({ existence }: ReadOutcome, shrunken: string | null): TaskError | null {
  if (shrunken === null) return null;
  const what =
    existence === null
      ? "That looks like departures and is none, so nothing is removed"
      : existence.omitsSome
        ? `That may be why somebody was not read: ${existence.list} leaves out people who are not active, so it does not tell who of them left, and nothing is removed`
        : `Who left is known from ${existence.list}, which says nothing of tags: no tag is removed and nobody is taken out of one`;
  return {
    code: "source.visibility-shrunken",
    detail: `the credentials see less than at the last complete read: ${shrunken}. ${what}. Give the app its visible scope (可见范围) back, or, if it is meant to be smaller, set the scope of this source to the departments that remain`,
  };
}

function notWhole({ complete }: ReadOutcome): TaskError | null {
  return complete ? null : { code: "source.incomplete", detail: "the source was not read whole: nothing is removed" };
}

function amount(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
