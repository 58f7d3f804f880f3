import { type RawBuilder, sql } from "kysely";
import type { PendingTurn, PushScope, TurnPage } from "./engine.ts";

/** Whether what is pending, with its link `l`, is taken in this turn. */
export function isOfTurn(
  { startedAt }: Pick<PushScope, "startedAt">,
  { turn }: Pick<TurnPage, "turn">,
): RawBuilder<boolean> {
  return turn === undefined ? sql`1 = 1` : conditions[turn](startedAt);
}

const conditions: Readonly<Record<PendingTurn, (startedAt: number) => RawBuilder<boolean>>> = {
  untried: () => sql`coalesce(l.attempts, 0) = 0`,
  due: (startedAt) => sql`(l.attempts > 0 and (l.next_try_at is null or l.next_try_at <= ${startedAt}))`,
  waiting: (startedAt) => sql`(l.attempts > 0 and l.next_try_at > ${startedAt})`,
};
