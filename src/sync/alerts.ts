import type { JsonObject } from "../lib/json.ts";
import type { Log } from "../lib/log.ts";
import type { EventStore, EventType } from "../store/store.ts";
import { type Named, subjectEvent } from "./events.ts";
import type { Observer } from "./observer.ts";

export interface AlertParts {
  readonly store: Pick<EventStore, "openAlerts" | "openAlert" | "closeAlert">;
  readonly observer: Observer;
  readonly log: Log;
  /** How others reach the bridge; null: links are paths. */
  readonly publicUrl: string | null;
}

/** What can be out of order, with the event that says so and the one that says that it is over. */
const kinds = {
  target: { opened: "target.quarantined", closed: "target.recovered" },
  source: { opened: "source.stale", closed: "source.recovered" },
} as const satisfies Record<string, { readonly opened: EventType; readonly closed: EventType }>;

/**
 * Says that a source or a target is out of order: once, until {@link clearAlert} says that it is over. Webhooks hear of it, the
 * log and the metrics too. Of several processes that find it out one says it.
 *
 * @param details without personal data: codes, times, counts
 */
export async function raiseAlert(
  { store, observer, log, publicUrl }: AlertParts,
  kind: keyof typeof kinds,
  subject: Named,
  details: JsonObject,
): Promise<void> {
  const { opened } = kinds[kind];
  if (!(await store.openAlert(alertName(kind, subject.id), subjectEvent(opened, subject, details, publicUrl)))) return;
  observer.eventRaised(opened);
  log.error({ event: opened, [kind]: subject.id, ...details }, says[opened]);
}

/** Says that a source or target is in order again, if it was not. */
export async function clearAlert(
  { store, observer, log, publicUrl }: AlertParts,
  kind: keyof typeof kinds,
  subject: Named,
  details: JsonObject,
): Promise<void> {
  const { closed } = kinds[kind];
  if (!(await store.closeAlert(alertName(kind, subject.id), subjectEvent(closed, subject, details, publicUrl)))) return;
  observer.eventRaised(closed);
  log.warn({ event: closed, [kind]: subject.id, ...details }, says[closed]);
}

/** What an alert is called: `source.stale:{id}`. */
export function alertName(kind: keyof typeof kinds, id: string): string {
  return `${kinds[kind].opened}:${id}`;
}

const says = {
  "target.quarantined": "a target can't be pushed to, and is in quarantine",
  "target.recovered": "a target takes changes again",
  "source.stale": "a source had no good sync for too long",
  "source.recovered": "a source is synced again",
} as const;
