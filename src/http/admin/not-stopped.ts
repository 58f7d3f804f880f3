import { type Pause, type TargetRow, userGroups } from "../../store/store.ts";
import { ProblemError } from "../problem.ts";
import { isoTime } from "./common.ts";
import type { AdminParts } from "./parts.ts";

// What is kept back is not sent, and whoever asks for it is told at once: a task that did nothing would look like success.

type Store = Pick<AdminParts["store"], "listPauses" | "listTargets" | "readSettings">;

/** @throws ProblemError 409: nothing is sent to anybody */
export async function checkNotStopped(store: Pick<Store, "readSettings">): Promise<void> {
  if ((await store.readSettings()).paused) {
    throw conflict("Everything is paused (`paused` of the settings): nothing is pushed.");
  }
}

/** @throws ProblemError 409: a target that is disabled, or paused, is sent nothing */
export function checkPushable(target: TargetRow): void {
  const why = whyNotPushed(target);
  if (why !== null) throw conflict(`${why}.`);
}

/**
 * Whether anything of a person could be sent now, to one target or to any that his source goes to.
 *
 * @throws ProblemError 409 that says why not, at each of them
 */
export async function checkProvisionable(
  store: Store,
  person: { readonly id: string; readonly sourceId: string },
  target: TargetRow | null,
): Promise<void> {
  await checkNotStopped(store);
  if (target !== null && !goesTo(target, person.sourceId)) {
    throw conflict(`The source of this person does not go to the target "${target.name}".`);
  }
  const pauses = await store.listPauses(person.id);
  const everywhere = pauses.find((each) => each.target === null);
  if (everywhere !== undefined) throw conflict(`This person is paused ${sayPause(everywhere)}: resume him first.`);
  const reached = target === null ? await targetsOf(store, person.sourceId) : [target];
  if (reached.length === 0) throw conflict("No enabled target gets the people of this person's source.");
  const why = reached.map((row) => {
    const pause = pauses.find((each) => each.target === row.id);
    const paused = `This person is paused at the target "${row.name}" ${pause && sayPause(pause)}: resume him first`;
    return whyNotPushed(row) ?? (pause === undefined ? null : paused);
  });
  if (why.every((each) => each !== null)) throw conflict(`${why.join(". ")}.`);
}

async function targetsOf(store: Store, sourceId: string): Promise<readonly TargetRow[]> {
  return (await store.listTargets()).filter((row) => row.status === "enabled" && goesTo(row, sourceId));
}

function goesTo({ settings }: TargetRow, sourceId: string): boolean {
  return settings.sources.includes(sourceId) || sourceId === userGroups;
}

function whyNotPushed({ name, status, paused }: TargetRow): string | null {
  if (status !== "enabled") return `The target "${name}" is disabled: enable it to push to it`;
  return paused === null ? null : `The target "${name}" is paused ${sayPause(paused)}: resume it to push to it`;
}

/** By whom, since when and why, for the middle of a sentence. */
export function sayPause({ by, since, reason }: Pause): string {
  return `by ${by} since ${isoTime(since)}${reason === null ? "" : ` (${reason})`}`;
}

function conflict(detail: string): ProblemError {
  return new ProblemError(409, "conflict", detail);
}
