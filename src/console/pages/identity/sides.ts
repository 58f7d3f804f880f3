import type { SyncRecord } from "../../api/views.ts";

/** One attribute of two people who may be one: what is known, and what has come. */
export interface Side {
  readonly attribute: string;
  readonly known: unknown;
  readonly come: unknown;
  readonly agrees: boolean;
}

/**
 * Puts beside each other what the bridge holds of a person and what a record would make of whoever has come.
 *
 * @param held values of the directory, by attribute
 * @param record of a return, what would change; of another key, a new person whole; null: there is none any more
 */
export function sidesOf(held: ReadonlyMap<string, unknown>, record: SyncRecord | null): readonly Side[] {
  const come = new Map<string, unknown>();
  const isNew = record?.action === "create";
  if (!isNew) for (const [attribute, value] of held) come.set(attribute, value);
  for (const change of record?.changes ?? []) if ("after" in change) come.set(change.attribute, change.after);
  return [...new Set([...held.keys(), ...come.keys()])].sort().map((attribute) => {
    const [known, now] = [held.get(attribute) ?? null, come.get(attribute) ?? null];
    return { attribute, known, come: now, agrees: JSON.stringify(known) === JSON.stringify(now) };
  });
}
