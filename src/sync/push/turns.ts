import type { PendingTurn, PushScope, PushStore } from "../../store/store.ts";

/** What a step of a push takes at once; without `turn` all that is pending. */
export interface Turn {
  readonly turn?: PendingTurn;
}

/**
 * In which turns each step of a push takes what is pending: what never failed, then what failed and whose next try has come,
 * then the rest, where all are tried. So what the target refuses again and again keeps nobody else from his turn. Asked once
 * a push: looking for a failure goes through all links of the target.
 *
 * @returns one turn without an order where nothing failed
 */
export async function turnsOf(
  store: Pick<PushStore, "hasFailed">,
  { targetId, retryAll }: PushScope,
): Promise<readonly Turn[]> {
  if (!(await store.hasFailed(targetId))) return [{}];
  return [{ turn: "untried" }, { turn: "due" }, ...(retryAll ? [{ turn: "waiting" } as const] : [])];
}
