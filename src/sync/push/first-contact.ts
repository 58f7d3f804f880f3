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
    const pages = target.list(type, signal)[Symbol.asyncIterator]();
    for (;;) {
      const page = await attempts.run(() => pages.next());
      if (page.done === true) break;
      const matches = page.value.flatMap((remote) =>
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
