import { matchAttributes, matchText, matchValue } from "./find-match.ts";
import type { PushParts } from "./push-parts.ts";

/**
 * Notes once what a target held before we came, by the attributes that matching uses, so that its accounts are adopted
 * rather than made a second time. A list that was cut off is made again.
 */
export async function makeFirstContact(parts: PushParts): Promise<void> {
  const { store, lease, row, target, attempts, signal } = parts;
  if ((await store.contactedAt(row.id)) !== null) return;
  await store.forgetRemoteMatches(lease, row.id);
  for (const type of parts.scope.types) {
    for await (const page of target.list(type, signal, (ask) => attempts.run(ask))) {
      const matches = page.flatMap((remote) =>
        matchAttributes(parts, type).flatMap((attribute) => {
          const value = matchText(remote.document, attribute);
          return value === null ? [] : [{ attribute, value: matchValue(attribute, value), remoteId: remote.id }];
        }),
      );
      if (matches.length > 0) await store.saveRemoteMatches(lease, row.id, type, matches);
    }
  }
  await store.noteContact(lease, row.id);
}
