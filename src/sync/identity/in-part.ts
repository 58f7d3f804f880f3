import { compilePersonalFields } from "../../mapping/personal-fields.ts";
import type { SourceUser } from "../../source/source.ts";
import type { StoredRecord } from "../../store/store.ts";
import type { SourceTaskParts } from "../run-source-task.ts";
import { followTold } from "./follow-told.ts";
import { asks, beginIdentity, identityParts, lookAt } from "./identify.ts";
import { askedForMs, IdentityHold } from "./identity-hold.ts";
import { PairFinder, type Person } from "./pair-people.ts";

/** What a look at some people alone found. */
export interface PartlySeen {
  readonly there: readonly SourceUser[];
  readonly gone: readonly StoredRecord[];
  /** By key, whom the source has and whom it has not; of whom it would not say so is missing. */
  readonly presence: ReadonlyMap<string, boolean>;
  readonly personalFields: readonly string[];
}

/** What of it may be planned. */
export interface Identified extends Pick<PartlySeen, "there" | "gone"> {
  readonly hold: IdentityHold;
  /** Who somebody is shows in a read of everything alone. */
  readonly isWholeNeeded: boolean;
}

/**
 * The same as {@link identify} for people whom events named: what they told is followed, and of those who are gone and those who
 * have come together people are asked. What is not clear yet, because an event that belongs to it may be under way, is left to
 * a read of everything.
 */
export async function identifyPart(parts: SourceTaskParts, seen: PartlySeen): Promise<Identified> {
  const { store, row } = parts;
  const live = await beginIdentity(parts);
  const hold = new IdentityHold(asks(parts), live);
  const { unclear, expected, isAgain } = await followTold({
    ...identityParts(parts),
    ...{ hold, live, isWhole: false, tagsAreRead: false },
    isThere: (key) => seen.presence.get(key) ?? null,
    look: (keys) => lookAt(parts, keys),
  });
  const there = seen.there.filter(({ key }) => !unclear.has(key));
  const gone = seen.gone.filter(({ key, resourceId }) => !expected.has(key) && !hold.isMoved(resourceId));
  if (asks(parts) && gone.length > 0) {
    const fields = row.settings.sync.identity?.fields ?? seen.personalFields;
    const finder = new PairFinder<StoredRecord, Person>(compilePersonalFields(fields));
    for (const record of gone) if (hold.keepsLeaver(record.resourceId) === null) finder.addGone(record);
    const holders = await store.keyHolders(
      row.id,
      there.map(({ key }) => key),
    );
    for (const { key, raw } of there) {
      const holder = holders.get(key);
      const isKnown =
        holder?.isPresent === true ||
        holder?.isDeparted === true ||
        live.some(({ kind, to }) => kind === "rename" && to === key);
      if (!isKnown) finder.addCome({ key, resourceId: "", raw: JSON.stringify(raw) });
    }
    for (const { gone: before, come, fields: evidence } of finder.pairs()) {
      const about = { kind: "rename", resourceId: before.resourceId, otherId: null, from: before.key } as const;
      hold.ask({ ...about, to: come.key, evidence, expiresAt: parts.clock() + askedForMs });
    }
  }
  return { hold, there, gone, isWholeNeeded: isAgain || unclear.size + expected.size > 0 };
}
