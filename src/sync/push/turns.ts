import type { PendingTurn } from "../../store/store.ts";
import type { PushParts } from "./push-parts.ts";

/**
 * In which turns a step of a push takes what is pending: what never failed, then what failed and whose next try has come,
 * then the rest, where all are tried. So what the target refuses again and again keeps nobody else from his turn.
 *
 * @returns one turn without an order where nothing failed
 */
export async function turnsOf({
  store,
  row,
  scope,
}: Pick<PushParts, "store" | "row" | "scope">): Promise<readonly { readonly turn?: PendingTurn }[]> {
  if (!(await store.hasFailed(row.id))) return [{}];
  return [{ turn: "untried" }, { turn: "due" }, ...(scope.retryAll ? [{ turn: "waiting" } as const] : [])];
}
