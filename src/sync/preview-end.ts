import { createHash, type Hash } from "node:crypto";
import { contentHash } from "../lib/hash.ts";
import { compileProtection, type Protection, ProtectionError } from "../plan/protection.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import type { ResourceType } from "../scim/resource.ts";
import type {
  CurrentResource,
  DirectoryStore,
  EndPreviewStore,
  HeldOfSource,
  SourceRow,
  SourceStore,
  TargetRow,
  TargetStore,
} from "../store/store.ts";
import type { Leaving } from "./end-source.ts";
import { protectedAmong } from "./plan-departures.ts";
import { isKnownProtected } from "./push/protect.ts";

export interface EndPreviewParts {
  readonly store: TargetStore &
    EndPreviewStore &
    Pick<DirectoryStore, "listPresent" | "readCurrent" | "membersOfGroup">;
  readonly catalog: SchemaCatalog;
  /** Whether the product behind a target knows no inactive accounts, so that who is to be inactive is deleted. */
  readonly removesInactive: (target: TargetRow) => boolean;
  /** Ends it early: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** How a source would end. */
export interface EndQuestion {
  /** The source's id. */
  readonly source: string;
  readonly people: Leaving["people"];
  readonly afterwards: Leaving["then"];
}

/** What would be lost; or the member of the safeguards that is no filter any more, so that nobody can say who is protected. */
export type EndAnswer = EndPreview | { readonly problem: string };

/** Numbers of one place: our own directory, or a target. */
export interface EndCounts {
  readonly users: {
    readonly deactivated: number;
    readonly deleted: number;
    readonly protected: number;
    readonly paused: number;
  };
  readonly groups: { readonly deleted: number; readonly protected: number };
  readonly memberships: number;
}

export interface EndExample {
  /** Null: our own directory. */
  readonly target: string | null;
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly action: "deactivate" | "delete" | "keep";
  /** Of what is kept: the filter, or that it is paused. */
  readonly because: string | null;
}

/** What the end of a source would take away. */
export interface EndPreview {
  readonly source: string;
  readonly people: Leaving["people"];
  readonly afterwards: Leaving["then"];
  readonly directory: EndCounts;
  readonly targets: readonly (EndCounts & {
    readonly target: string;
    readonly name: string;
    readonly status: string;
  })[];
  readonly examples: readonly EndExample[];
  /** What has to be said for it to be done; null where nobody and nothing is lost. */
  readonly confirm: string | null;
}

const pageSize = 1000;
const mostExamples = 20;

/**
 * Says what the end of a source would take away, and from where. Reads only: nobody at a target is asked. Takes long for a
 * large source.
 *
 * @returns null when there is no such source
 */
export async function previewEnd(
  parts: EndPreviewParts & { readonly store: Pick<SourceStore, "findSource"> },
  question: EndQuestion,
): Promise<EndAnswer | null> {
  const source = await parts.store.findSource(question.source);
  if (source === null) return null;
  try {
    return await lookAhead(parts, source, question);
  } catch (error) {
    if (!(error instanceof ProtectionError)) throw error;
    return { problem: `safeguards.${error.key} ${error.message}` };
  }
}

async function lookAhead(
  parts: EndPreviewParts,
  source: SourceRow,
  { people, afterwards }: EndQuestion,
): Promise<EndPreview> {
  const examples: EndExample[] = [];
  // Of who and what: as many others would be another end.
  const digest = createHash("sha256");
  const note = (example: EndExample): void => {
    addTo(digest, example);
    if (examples.length < mostExamples) examples.push(example);
  };
  const ends = people !== "keep";
  const kept = ends ? await lookAtDirectory(parts, source, note) : null;
  const targets: EndPreview["targets"][number][] = [];
  for (const target of await parts.store.listTargets()) {
    if (!target.settings.sources.includes(source.id)) continue;
    const counts = kept === null ? nothing : await lookAtTarget(parts, { source, target, people, note }, kept.ids);
    const status = target.paused === null ? target.status : "paused";
    targets.push({ target: target.id, name: target.name, status, ...counts });
  }
  const directory = kept?.counts ?? nothing;
  const numbers = {
    source: source.id,
    people,
    afterwards,
    directory,
    // Of which state and settings: those seen then, and no others.
    asOf: [source.updatedAt, ...(await parts.store.listTargets()).map(({ id, updatedAt }) => [id, updatedAt])],
    targets: targets.map(({ name: _, ...each }) => each),
    concerned: digest.digest("base64url"),
  };
  const isLoss = [directory, ...targets].some(
    ({ users, groups }) => users.deactivated + users.deleted + groups.deleted > 0,
  );
  const confirm = isLoss ? contentHash(JSON.stringify(numbers)).slice(0, 24) : null;
  return { source: source.id, people, afterwards, directory, targets, examples, confirm };
}

const nothing: EndCounts = {
  users: { deactivated: 0, deleted: 0, protected: 0, paused: 0 },
  groups: { deleted: 0, protected: 0 },
  memberships: 0,
};

/** Hears of everybody and everything, in an order that is the same each time. */
type Note = (example: EndExample) => void;

function addTo(digest: Hash, { target, resourceType, resourceId, action }: EndExample): void {
  digest.update(`${target ?? ""} ${resourceType} ${resourceId} ${action}\n`);
}

/** Between two pages: leases are renewed and others have their turn. */
async function giveWay(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}

/** In our own directory people become inactive, groups go. */
async function lookAtDirectory(
  { store, catalog, signal }: EndPreviewParts,
  source: SourceRow,
  note: Note,
): Promise<{ readonly counts: EndCounts; readonly ids: ReadonlyMap<string, string> }> {
  const protection = compileProtection(source.settings.safeguards, catalog);
  const ids = new Map<string, string>();
  const gone = { User: 0, Group: 0 };
  const stays = { User: 0, Group: 0 };
  for (const kind of ["user", "department", "tag"] as const) {
    for (let after = ""; ; ) {
      const page = await store.listPresent(source.id, kind, after, pageSize);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.id;
      await giveWay(signal);
      const present = page.filter(({ departed }) => !departed);
      const kept = await protectedAmong(store, protection, present);
      for (const resource of present) {
        const by = kept.get(resource.id);
        if (by !== undefined) ids.set(resource.id, by);
        (by === undefined ? gone : stays)[resource.type] += 1;
        note(exampleOf(null, resource, by === undefined ? actionsHere[resource.type] : "keep", by));
      }
    }
  }
  const memberships = await store.countMemberships(source.id, null, [...ids.keys()]);
  return {
    ids,
    counts: {
      users: { deactivated: gone.User, deleted: 0, protected: stays.User, paused: 0 },
      groups: { deleted: gone.Group, protected: stays.Group },
      memberships,
    },
  };
}

const actionsHere = { User: "deactivate", Group: "delete" } as const;

interface EndAtTarget {
  readonly source: SourceRow;
  readonly target: TargetRow;
  readonly people: Leaving["people"];
  readonly note: Note;
}

async function lookAtTarget(
  { store, catalog, removesInactive, signal }: EndPreviewParts,
  { source, target, people, note }: EndAtTarget,
  keptHere: ReadonlyMap<string, string>,
): Promise<EndCounts> {
  const protection = compileProtection(target.settings.safeguards, catalog);
  const deletes = people === "delete" || removesInactive(target);
  const counts = { deactivated: 0, deleted: 0, protected: 0, paused: 0 };
  const groups: HeldOfSource[] = [];
  const stays = new Map(keptHere);
  const paused: string[] = [];
  for await (const held of everything(store, signal, source.id, target.id)) {
    if (held.type === "Group") {
      groups.push(held);
      continue;
    }
    const by = keptHere.get(held.id) ?? protectorOf(protection, held);
    if (by !== null) stays.set(held.id, by);
    if (held.isPaused) paused.push(held.id);
    // Who is inactive there already loses nothing more.
    if (!deletes && !held.active) continue;
    if (by !== null) counts.protected += 1;
    else if (held.isPaused) counts.paused += 1;
    else counts[deletes ? "deleted" : "deactivated"] += 1;
    const keeps = by ?? (held.isPaused ? "paused" : undefined);
    note(exampleOf(target.id, held, keeps !== undefined ? "keep" : deletes ? "delete" : "deactivate", keeps));
  }
  const givenToPeople = await store.groupsGiven(target.id, [...stays.keys()]);
  const goes = groups.filter((group) => {
    const by =
      keptHere.get(group.id) ?? protectorOf(protection, group) ?? (givenToPeople.has(group.id) ? "people" : null);
    note(exampleOf(target.id, group, by === null ? "delete" : "keep", by === null ? undefined : by));
    return by === null;
  });
  return {
    users: counts,
    groups: { deleted: goes.length, protected: groups.length - goes.length },
    memberships: await store.countMemberships(source.id, target.id, [...stays.keys(), ...paused]),
  };
}

function protectorOf(protection: Protection, held: HeldOfSource): string | null {
  const by = protection.by[held.type];
  return by !== null && held.protectedBy === by ? by : isKnownProtected({ protection }, held);
}

async function* everything(
  store: EndPreviewStore,
  signal: AbortSignal,
  sourceId: string,
  targetId: string,
): AsyncGenerator<HeldOfSource> {
  for (let after = ""; ; ) {
    const page = await store.heldOfSource(sourceId, targetId, { after, limit: pageSize });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
    await giveWay(signal);
    yield* page;
  }
}

function exampleOf(
  target: string | null,
  { id, type, externalId, displayName }: Pick<CurrentResource, "id" | "type" | "externalId" | "displayName">,
  action: EndExample["action"],
  because: string | undefined,
): EndExample {
  const why = because === undefined || because === "paused" ? (because ?? null) : `protected by ${because}`;
  return { target, resourceType: type, resourceId: id, externalId, displayName, action, because: why };
}
