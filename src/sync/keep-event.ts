import type { SourceEvent } from "../source/source.ts";
import type { MarkStore, SourceDoor, SourceRow } from "../store/store.ts";

export interface EventKeeperParts {
  readonly store: Pick<MarkStore, "keepEvent">;
  readonly clock: () => number;
  /** Something is to be looked at. */
  readonly onMarked: () => void;
}

/**
 * An event that comes once more is one that was not answered in time, five seconds after the first at the earliest. Sooner
 * it is another one: its time is in whole seconds, and two changes of one person in the same second are told word for word
 * alike.
 */
const repeatedAfterMs = 3000;
const repeatedForMs = 600_000;
const mostRemembered = 10_000;

/**
 * Writes down what the events of sources are about. One that was met before is not heard twice; a process that starts anew,
 * or another one, may do so, which costs a read and changes nothing. Of a source that syncs only when somebody says so,
 * nothing is marked.
 */
export function makeEventKeeper({ store, clock, onMarked }: EventKeeperParts) {
  const met = new Map<string, number>();

  const isRepeated = (name: string, now: number): boolean => {
    const first = met.get(name);
    return first !== undefined && now >= first + repeatedAfterMs && now < first + repeatedForMs;
  };

  const remember = (name: string, now: number): void => {
    // Those longest ago stand first.
    met.delete(name);
    met.set(name, now);
    for (const oldest of met.keys()) {
      if (met.size <= mostRemembered) return;
      met.delete(oldest);
    }
  };

  return async (
    { id, settings }: Pick<SourceRow, "id" | "settings">,
    door: SourceDoor,
    { subjects, renamed, digest }: SourceEvent,
  ): Promise<void> => {
    const name = `${id} ${digest}`;
    const now = clock();
    const isHeard = settings.sync.automatic && subjects.length > 0 && !isRepeated(name, now);
    try {
      await store.keepEvent(id, door, isHeard ? subjects : [], isHeard ? renamed : undefined);
    } catch (error) {
      // WeCom sends it again, and it is to be heard then, also where one with the same words was heard before.
      met.delete(name);
      throw error;
    }
    if (!isHeard) return;
    remember(name, now);
    onMarked();
  };
}
