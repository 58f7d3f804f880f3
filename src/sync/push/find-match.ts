import { foldCase } from "../../lib/fold.ts";
import type { JsonObject } from "../../lib/json.ts";
import { textOf } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { LinkHolder, PushStore, TargetRow } from "../../store/store.ts";
import type { RemoteResource } from "../../target/target.ts";
import type { PushParts } from "./push-parts.ts";

/** What a search for a resource at a target found. */
export type Match =
  | {
      readonly kind: "one";
      readonly remote: RemoteResource;
      readonly by: string;
      /** Of what somebody who is gone was given there, the names of the attributes: none of it is to stay. */
      readonly former: JsonObject;
    }
  | { readonly kind: "none" }
  /** Several, or one that belongs to somebody else already: a person must decide. */
  | { readonly kind: "unclear"; readonly detail: string };

/** The attributes by which resources of this type are matched at this target, in order. */
export function matchAttributes({ row }: Pick<PushParts, "row">, type: ResourceType): readonly string[] {
  return type === "User" ? row.settings.match.users : row.settings.match.groups;
}

/** A value as matching compares it: `externalId` and `id` are caseExact (RFC 7643 §3.1), names are not. */
export function matchValue(attribute: string, value: string): string {
  return attribute === "externalId" || attribute === "id" ? value : foldCase(value);
}

/** A match attribute's value in a document: `userName`, `externalId`, `displayName`, `emails.value` (the first). */
export function matchText(document: JsonObject, attribute: string): string | null {
  const [name = "", sub] = attribute.split(".", 2);
  if (sub === undefined) return textOf(document, name);
  const elements = document[name];
  const first = Array.isArray(elements) ? (elements as readonly unknown[])[0] : undefined;
  return typeof first === "object" && first !== null ? textOf(first as JsonObject, sub) : null;
}

/**
 * Where and why a match is looked for: in what was `listed` at first contact, at the target after a `conflict`, or at
 * the target because a create is in `doubt`. What we sent ourselves carries our externalId, so in doubt nothing with
 * another one is meant.
 */
export type Search = "listed" | "conflict" | "doubt";

/**
 * Looks at the target for a resource that it may hold already. What another of our resources is linked to is never
 * taken, of whatever source it is; unless that one was deleted here for good (somebody who was deleted and made again).
 */
export async function findMatch(
  parts: PushParts,
  type: ResourceType,
  resourceId: string,
  desired: JsonObject,
  search: Search,
): Promise<Match> {
  for (const attribute of matchAttributes(parts, type)) {
    const value = matchText(desired, attribute);
    if (value === null || value === "") continue;
    const candidates =
      search === "listed"
        ? await listed(parts, type, attribute, value)
        : await parts.attempts.run(() => parts.target.find(type, attribute, value, parts.signal));
    if (candidates.length === 0) continue;
    const all = await parts.store.linkedTo(
      parts.row.id,
      candidates.map((each) => each.id),
    );
    const known = candidates.map(({ id, document }) => ({ id, externalId: textOf(document, "externalId") }));
    const choice = chooseMatch(known, stillHolding(all, type), { type, resourceId, desired, search, attribute });
    const remote = choice?.kind === "one" ? candidates.find(({ id }) => id === choice.id) : undefined;
    if (remote !== undefined) {
      const former = JSON.parse(all.get(remote.id)?.held ?? "{}") as JsonObject;
      return { kind: "one", remote, by: attribute, former };
    }
    if (choice?.kind === "unclear") return choice;
  }
  return { kind: "none" };
}

/** Something at the target that has the value that is looked for. */
export interface Candidate {
  readonly id: string;
  readonly externalId: string | null;
}

/** What of the candidates of one attribute is meant; null: the next attribute says more. */
export function chooseMatch(
  candidates: readonly Candidate[],
  linked: ReadonlyMap<string, Pick<LinkHolder, "resourceId" | "sourceName">>,
  {
    type,
    resourceId,
    desired,
    search,
    attribute,
  }: {
    readonly type: ResourceType;
    readonly resourceId: string;
    readonly desired: JsonObject;
    readonly search: Search;
    readonly attribute: string;
  },
): { readonly kind: "one"; readonly id: string } | Extract<Match, { kind: "unclear" }> | null {
  const mine = candidates.find((each) => linked.get(each.id)?.resourceId === resourceId);
  const free = mine ? [mine] : candidates.filter((each) => !linked.has(each.id) && mayBe(each, type, desired, search));
  const [first, second] = free;
  if (second !== undefined) {
    const ids = free.slice(0, shownIds).map(({ id }) => id);
    const more = free.length > shownIds ? ", …" : "";
    const detail = `${free.length} accounts there have the same ${attribute} (${ids.join(", ")}${more}): link one by hand`;
    return { kind: "unclear", detail };
  }
  if (first !== undefined) return { kind: "one", id: first.id };
  // Groups may share names and external ids (two sources): the next attribute, or a group of its own.
  if (type === "Group" || linked.size === 0) return null;
  const holder = linked.values().next().value;
  return {
    kind: "unclear",
    detail: `its ${attribute} belongs there to somebody of the source ${holder?.sourceName ?? ""}; give one of the two sources a namespace`,
  };
}

/** How many ids a sentence names. */
const shownIds = 5;

/**
 * Whom of our resources these accounts belong to; who was deleted for good has let go of his to others of his type: some
 * servers count the ids of Users and Groups by themselves.
 */
export async function holdersOf(
  { store, row }: { readonly store: Pick<PushStore, "linkedTo">; readonly row: Pick<TargetRow, "id"> },
  type: ResourceType,
  remoteIds: readonly string[],
): Promise<ReadonlyMap<string, LinkHolder>> {
  return stillHolding(await store.linkedTo(row.id, remoteIds), type);
}

function stillHolding(linked: ReadonlyMap<string, LinkHolder>, type: ResourceType): ReadonlyMap<string, LinkHolder> {
  return new Map([...linked].filter(([, { isGone, resourceType }]) => !isGone || resourceType !== type));
}

/** Groups may share a name: one that carries another externalId is another group. */
function mayBe({ externalId: theirs }: Candidate, type: ResourceType, desired: JsonObject, search: Search): boolean {
  const ours = textOf(desired, "externalId");
  if (theirs === null || theirs === "" || ours === null || theirs === ours) return true;
  return type === "User" && search !== "doubt";
}

/** Matches from the list that was made at first contact, each read whole. */
async function listed(
  { store, row, target, attempts, signal }: PushParts,
  type: ResourceType,
  attribute: string,
  value: string,
): Promise<readonly RemoteResource[]> {
  const ids = await store.remoteMatches(row.id, type, attribute, matchValue(attribute, value));
  const found: RemoteResource[] = [];
  for (const id of ids) {
    const remote = await attempts.run(() => target.read(type, id, signal));
    if (remote !== null) found.push(remote);
  }
  return found;
}
