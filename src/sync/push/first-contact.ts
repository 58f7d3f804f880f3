import type { ResourceType } from "../../scim/resource.ts";
import type { PushScope, PushStore, RemoteMatch } from "../../store/store.ts";
import type { RemoteResource } from "../../target/target.ts";
import { holdersOf, matchAttributes, matchText, matchValue } from "./find-match.ts";
import type { PushParts } from "./push-parts.ts";

/** What a target was looked through for. */
export interface FirstContact {
  /**
   * The sources that it was looked through for now: not those of which nothing is to be made yet. They are new the next time
   * too, should they have been connected, and not read.
   */
  readonly met: readonly string[];
  /**
   * Of what something may be made in this push: of sources that the target was looked through for, now or earlier. What one
   * that is first read while the push runs brings is for the next push, which looks for it there.
   */
  readonly makes: PushScope;
}

/**
 * Notes what a target held before we came, by the attributes that matching uses, so that its accounts are adopted
 * rather than made a second time. Once for each source: what another one left there, or the same when it ended, is found
 * then. A list that was cut off is made again.
 */
export async function makeFirstContact(parts: PushParts): Promise<FirstContact> {
  const { store, lease, row, scope, target, attempts, signal } = parts;
  const isFirst = (await store.contactedAt(row.id)) === null;
  const met = await toBeMadeOf(store, scope, await newSources(store, scope));
  const ids = [...scope.sourceIds, ...(scope.groupSourceIds ?? [])];
  const makes = isFirst ? scope : scopeOf(scope, [...met, ...(await store.metSources(row.id, ids))]);
  if (!isFirst && met.length === 0) return { met, makes };
  await store.forgetRemoteMatches(lease, row.id);
  for (const type of isFirst ? scope.types : typesOf(scopeOf(scope, met))) {
    for await (const page of target.list(type, signal, (ask) => attempts.run(ask))) {
      const open = isFirst ? page : await notHeld(parts, type, page);
      const matches = open.flatMap((remote) => matchesOf(parts, type, remote));
      if (matches.length > 0) await store.saveRemoteMatches(lease, row.id, type, matches);
    }
  }
  if (isFirst) await store.noteContact(lease, row.id);
  return { met, makes };
}

/** Notes that a push of all that the sources of a {@link FirstContact} have came to its end: what comes new to them is made. */
export async function endFirstContact({ store, lease, row, scope }: PushParts, met: readonly string[]): Promise<void> {
  // Of a push of a few the others may still be among what was listed.
  if (scope.only !== undefined || scope.among !== undefined) return;
  if (met.length > 0) await store.noteSources(lease, row.id, met);
  if (await store.hasRemoteMatches(row.id)) await store.forgetRemoteMatches(lease, row.id);
}

/** Those sources of a push for which its target has not been looked through yet. */
export function newSources(
  store: Pick<PushStore, "newSources">,
  { targetId, sourceIds, groupSourceIds = [] }: PushScope,
): Promise<readonly string[]> {
  return store.newSources(targetId, [...sourceIds, ...groupSourceIds]);
}

/** The same scope, of some of its sources. */
export function scopeOf(scope: PushScope, some: readonly string[]): PushScope {
  const among = (ids: readonly string[]): readonly string[] => ids.filter((id) => some.includes(id));
  return {
    ...scope,
    sourceIds: among(scope.sourceIds),
    groupSourceIds: among(scope.groupSourceIds ?? scope.sourceIds),
  };
}

/** What at a target is nobody's of ours: what another source was given there is never adopted, and in nobody's way. */
export async function notHeld<T extends { readonly id: string }>(
  parts: Parameters<typeof holdersOf>[0],
  type: ResourceType,
  remotes: readonly T[],
): Promise<readonly T[]> {
  const holders = await holdersOf(
    parts,
    type,
    remotes.map(({ id }) => id),
  );
  return remotes.filter(({ id }) => !holders.has(id));
}

/** The values by which something that a target holds is found. */
export function matchesOf(parts: Pick<PushParts, "row">, type: ResourceType, remote: RemoteResource): RemoteMatch[] {
  return matchAttributes(parts, type).flatMap((attribute) => {
    const value = matchText(remote.document, attribute);
    return value === null ? [] : [{ attribute, value: matchValue(attribute, value), remoteId: remote.id }];
  });
}

/** What there may be of the sources of a scope: user groups are no people. */
function typesOf({ types, sourceIds, groupSourceIds = sourceIds }: PushScope): readonly ResourceType[] {
  return types.filter((type) => (type === "User" ? sourceIds : groupSourceIds).length > 0);
}

/** Of which of these sources something is about to be made. */
async function toBeMadeOf(
  store: PushStore,
  scope: PushScope,
  sourceIds: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of sourceIds) {
    for (const type of scope.types) {
      const page = { after: "", limit: 1, onlyReady: false };
      if ((await store.pendingCreates(scopeOf(scope, [id]), type, page)).length === 0) continue;
      found.push(id);
      break;
    }
  }
  return found;
}
