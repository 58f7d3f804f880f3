import type { Delivery, Webhook } from "../../api/webhook-queries.ts";

/** The events that a webhook may be told of. */
export const events = [
  "task.finished",
  "task.held",
  "target.quarantined",
  "target.recovered",
  "source.stale",
  "source.recovered",
] as const satisfies readonly Webhook["events"][number][];

type Dashed<Name extends string> = Name extends `${infer Kind}.${infer What}` ? `${Kind}_${What}` : never;

/** The key of an event's name among the messages, where a dot leads deeper. */
export function eventKey<Name extends Delivery["event"]>(event: Name): `event.${Dashed<Name>}` {
  return `event.${event.replace(".", "_")}` as `event.${Dashed<Name>}`;
}
