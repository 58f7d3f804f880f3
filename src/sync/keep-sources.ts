import type { Source, SourceMeter, SourceUse } from "../source/source.ts";
import type { SourceRow } from "../store/store.ts";

/** Sources that stay open for a while, for looks of which many follow each other. */
export interface KeptSources {
  /** Opens a source, or takes the one that is still open; closing it gives it back. */
  borrow(row: SourceRow, meter?: SourceMeter): Source;
  /** Closes what is open. */
  close(): Promise<void>;
}

/** So long a source stays open that nobody borrows. Milliseconds. */
const idleMs = 60_000;

interface Kept {
  readonly updatedAt: number;
  readonly source: Source;
  /** Counts for whoever borrows it now. */
  readonly relay: MeterRelay;
  idle: NodeJS.Timeout | null;
  borrowed: number;
}

/**
 * A source that is opened has neither a token nor a connection yet, and getting both costs more than to look at one person.
 * With other settings it is another source.
 */
export function keepSources(
  open: (row: SourceRow, use: SourceUse) => Source,
  onError: (error: unknown) => void,
): KeptSources {
  const kept = new Map<string, Kept>();

  const end = async (entry: Kept): Promise<void> => {
    if (entry.idle !== null) clearTimeout(entry.idle);
    await entry.source.close().catch(onError);
  };

  const giveBack = (id: string, entry: Kept): void => {
    entry.borrowed -= 1;
    if (entry.borrowed > 0) return;
    if (kept.get(id) !== entry) {
      void end(entry);
      return;
    }
    entry.idle = setTimeout(() => {
      if (kept.get(id) === entry) kept.delete(id);
      void end(entry);
    }, idleMs);
    entry.idle.unref();
  };

  return {
    borrow(row, meter) {
      let entry = kept.get(row.id);
      if (entry === undefined || entry.updatedAt !== row.updatedAt) {
        if (entry !== undefined && entry.borrowed === 0) void end(entry);
        const relay = new MeterRelay();
        const source = open(row, { meter: relay, urgent: true });
        entry = { updatedAt: row.updatedAt, source, relay, idle: null, borrowed: 0 };
        kept.set(row.id, entry);
      }
      if (entry.idle !== null) clearTimeout(entry.idle);
      entry.idle = null;
      entry.borrowed += 1;
      // One task at a time looks at a source.
      entry.relay.to = meter;
      const mine = entry;
      let isBack = false;
      return {
        ...mine.source,
        async close() {
          if (isBack) return;
          isBack = true;
          giveBack(row.id, mine);
        },
      };
    },
    async close() {
      const open = [...kept.values()];
      kept.clear();
      await Promise.all(open.map(end));
    },
  };
}

/** Passes on what is counted, to one after the other. */
class MeterRelay implements SourceMeter {
  to: SourceMeter | undefined;

  called(...given: Parameters<SourceMeter["called"]>): void {
    this.to?.called(...given);
  }

  retried(...given: Parameters<SourceMeter["retried"]>): void {
    this.to?.retried(...given);
  }

  waits(...given: Parameters<SourceMeter["waits"]>): () => void {
    return this.to?.waits(...given) ?? (() => {});
  }

  waited(...given: Parameters<SourceMeter["waited"]>): void {
    this.to?.waited(...given);
  }

  reads(...given: Parameters<SourceMeter["reads"]>): void {
    this.to?.reads(...given);
  }
}
