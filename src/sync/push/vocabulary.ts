import { contentHash } from "../../lib/hash.ts";
import type { Lease, PushStore, TargetRow } from "../../store/store.ts";
import type { Capabilities, KnownSchemas } from "../../target/target.ts";

/**
 * Remembers which extension attributes a target knows. When they are others than before, what it holds may lack values
 * although nothing of ours changed: all of it is compared again. The first answer is no change, and neither is silence (a
 * server whose /Schemas fails for an hour has forgotten nothing); what it says after that counts as new, because
 * whatever was sent meanwhile was sent without extensions.
 *
 * @returns whether all that the target was given is pending now
 */
export async function noteVocabulary(
  { store, lease, row }: { readonly store: PushStore; readonly lease: Lease; readonly row: TargetRow },
  { schemas }: Pick<Capabilities, "schemas">,
): Promise<boolean> {
  const vocabulary = vocabularyOf(schemas);
  if (vocabulary === row.vocabulary) return false;
  const lookAgain = row.vocabulary !== null && schemas !== null;
  await store.noteVocabulary(lease, row.id, vocabulary, { lookAgain });
  return lookAgain;
}

/** Hash of what is known of extensions. Core attributes are sent to everybody: one more or less changes nothing. */
function vocabularyOf(schemas: KnownSchemas | null): string {
  if (schemas === null) return contentHash("unsaid");
  const extensions = [...schemas]
    .filter(([urn]) => !urn.startsWith("urn:ietf:params:scim:schemas:core:"))
    .map(([urn, names]): readonly [string, readonly string[] | null] => [urn, names && [...names].sort()])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return contentHash(JSON.stringify(extensions));
}
