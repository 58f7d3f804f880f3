import type { SchemaVersion, SchemaVersionStore, SchemaVersionSummary } from "../store/store.ts";

/**
 * Reads the versions that are in force, with their texts only where something is in force that was not at the last
 * time. Answers the same array as long as nothing changed.
 */
export function makeActiveReader(
  store: Pick<SchemaVersionStore, "activeSchemas" | "activeSchemaSummaries">,
): () => Promise<readonly SchemaVersion[]> {
  let known: readonly SchemaVersion[] | null = null;
  return async () => {
    if (known !== null) {
      const now = await store.activeSchemaSummaries();
      if (JSON.stringify(now.map(stateOf)) === JSON.stringify(known.map(stateOf))) return known;
    }
    known = await store.activeSchemas();
    return known;
  };
}

// A number stands for one text; what can change is which is in force, since when, and how it came to be.
function stateOf({ kind, name, version, origin, activatedAt }: SchemaVersionSummary) {
  return [kind, name, version, origin, activatedAt];
}
