import type { KeptBasis, UndoUnit } from "../../store/store.ts";

/** The version of the mapping in force, with everything else that shapes what it yields; and without the fields that are seen. */
export interface VersionsInForce {
  readonly mappingVersion: string;
  readonly keptVersion: string;
}

/**
 * By what an undo keeps a resource: what the source said when it was made as it is now. Null where the source says
 * something else by now that is not here yet, for a sync was held, cancelled or cut off: that word was ignored for good.
 * What the mapping in force made is kept whichever fields the reads to come see, and those that come before it is let through.
 *
 * @param versions in force; also for what is not here, which no mapping made
 */
export function basisOf(
  unit: Pick<UndoUnit, "current" | "document" | "said" | "kept">,
  { mappingVersion, keptVersion }: VersionsInForce,
): KeptBasis | null {
  const basis = madeFrom(unit, mappingVersion);
  return basis?.mappingVersion === mappingVersion ? { ...basis, mappingVersion: keptVersion } : basis;
}

function madeFrom(
  { current, document, said, kept }: Pick<UndoUnit, "current" | "document" | "said" | "kept">,
  mappingVersion: string,
): KeptBasis | null {
  if (document?.departed === true) {
    // A record that was left there on purpose says nothing of a return.
    return said === null || document.keepsRecord ? { fingerprint: said, mappingVersion } : null;
  }
  if (kept !== null) return kept.fingerprint === said ? kept : null;
  if (said === null) return null;
  if (said === current.fingerprint && current.mappingVersion !== null) {
    return { fingerprint: said, mappingVersion: current.mappingVersion };
  }
  // A task that was cut off leaves people to be looked at again: what it made of them is known from its record.
  return document?.madeFrom?.fingerprint === said ? document.madeFrom : null;
}
