import type { SyncRecord } from "../../api/views.ts";

type Json = unknown;

/** One attribute: what the source said of it, and what it was and became in each place. */
export interface ComparedAttribute {
  readonly attribute: string;
  /** Undefined: no record says what the source had. */
  readonly source: Json | undefined;
  /** By place: the id of a target, or "" for the bridge's own directory. */
  readonly places: Readonly<Record<string, { readonly before: Json; readonly after: Json }>>;
}

/** Memberships that were added and removed in one place. */
export interface ComparedMembers {
  readonly record: string;
  readonly place: string;
  readonly added: number;
  readonly removed: number;
}

/** Records of one person or group in one task, attribute by attribute, in the order that they are first named in. */
export function compareSides(records: readonly SyncRecord[]): {
  readonly attributes: readonly ComparedAttribute[];
  readonly members: readonly ComparedMembers[];
  readonly places: readonly string[];
  /** The records, the directory's first. */
  readonly ordered: readonly SyncRecord[];
} {
  const attributes = new Map<string, ComparedAttribute>();
  const members: ComparedMembers[] = [];
  const ordered = [...records].sort((a, b) => Number(a.target !== null) - Number(b.target !== null));
  for (const record of ordered) {
    const place = record.target ?? "";
    for (const change of record.changes) {
      if ("addedCount" in change) {
        members.push({ record: record.id, place, added: change.addedCount, removed: change.removedCount });
        continue;
      }
      const { attribute, before, after } = change;
      const known = attributes.get(attribute) ?? { attribute, source: undefined, places: {} };
      const first = known.places[place] ?? { before };
      attributes.set(attribute, {
        attribute,
        source: known.source === undefined ? change.source : known.source,
        places: { ...known.places, [place]: { before: first.before, after } },
      });
    }
  }
  const places = [...new Set(ordered.map(({ target }) => target ?? ""))];
  return { attributes: [...attributes.values()], members, places, ordered };
}
