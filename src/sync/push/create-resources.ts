import type { JsonObject } from "../../lib/json.ts";
import { protectedReason } from "../../plan/protection.ts";
import { isActive } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import { LeaseLostError, type PendingResource, type PushOutcome } from "../../store/store.ts";
import type { PatchOperation, RemoteResource } from "../../target/target.ts";
import { TargetError } from "../../target/target.ts";
import { desiredDocument, nameProblem } from "./desired.ts";
import { eachPending } from "./each-pending.ts";
import { findMatch, type Match, type Search } from "./find-match.ts";
import { knownAttributes } from "./known-attributes.ts";
import { isOurMaking } from "./our-making.ts";
import { failureText, outcomeOf, type PushParts, retryDelayMs } from "./push-parts.ts";
import { sendOperations } from "./send-operations.ts";

/**
 * Makes what the target lacks. Users come in waves, managers before those they lead, so that a reference costs no
 * second request; who leads each other in a circle is made without and gets the reference as an update.
 */
export async function createResources(parts: PushParts, type: ResourceType): Promise<void> {
  if (type === "User") {
    while ((await createWave(parts, type, true)) > 0);
  }
  await createWave(parts, type, false);
}

async function createWave(parts: PushParts, type: ResourceType, onlyReady: boolean): Promise<number> {
  const hasListed = await parts.store.hasRemoteMatches(parts.row.id);
  return eachPending(parts, {
    kind: `create ${type}`,
    pageOf: (page) => parts.store.pendingCreates(parts.makes, type, { ...page, onlyReady }),
    work: (resource, ofKind) => createOne(ofKind, resource, hasListed),
  });
}

async function createOne(
  parts: PushParts,
  resource: PendingResource,
  hasListed: boolean,
): Promise<PushOutcome | readonly PushOutcome[]> {
  const { target, attempts, signal } = parts;
  const { type } = resource;
  const desired = desiredDocument(parts, resource);
  const problem = nameProblem(parts, type, desired);
  if (problem !== null) return failed(parts, resource, desired, problem);
  const look = (search: Search) => findMatch(parts, type, resource.id, desired, search);
  try {
    const search = firstSearch(resource, hasListed);
    if (search !== null) {
      const match = await look(search);
      if (match.kind === "unclear") return failed(parts, resource, desired, match.detail);
      if (match.kind === "one")
        return await (search === "listed" ? adopt : adoptDoubted)(parts, resource, desired, match);
    }
    const lacking = parts.language.lacking(type, desired);
    if (lacking.length > 0) return failed(parts, resource, desired, lackingText(lacking));
    const { sent, held, rest } = parts.language.atCreate(type, desired);
    const made = await attempts.run<Made>(
      async () => ({ remote: await target.create(type, sent, signal, resource.id), by: null }),
      async () => {
        // The answer was lost, the request perhaps not: what is there now and free is what we sent.
        const match = await look("doubt");
        return match.kind === "one" ? match : undefined;
      },
    );
    if (made.by !== null) return await adoptDoubted(parts, resource, desired, made);
    const record = {
      action: "create",
      because: resource.attempts > 0 ? "not at this target yet (tried before)" : "not at this target yet",
      before: null,
    } as const;
    const remoteId = made.remote.id;
    const failure = rest.length === 0 ? null : await sendRest(parts, resource, remoteId, rest);
    if (failure === cutOff) return madeFor(resource, held, remoteId, record);
    if (failure !== null) return halfMade(parts, resource, { remoteId, held, desired, record }, failure);
    return linked(resource, desired, remoteId, record);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    if (error.code !== "conflict") return failed(parts, resource, desired, failureText(error));
    return adoptAfterConflict(parts, resource, desired, error);
  }
}

/** The push ended before it was sent. */
const cutOff = Symbol("cut off");

/** What a create can't say is sent after it. @returns why that failed, or null */
async function sendRest(
  parts: PushParts,
  { type, id }: PendingResource,
  remoteId: string,
  operations: readonly PatchOperation[],
): Promise<string | typeof cutOff | null> {
  try {
    await sendOperations(parts, { type, id, remoteId }, operations);
    return null;
  } catch (error) {
    if (error instanceof TargetError) return error.message;
    if (parts.signal.aborted || error instanceof LeaseLostError) return cutOff;
    throw error;
  }
}

/**
 * It is there, without what a create can't say: linked, so that it is switched off like everybody should he leave now, and
 * failed, so that the rest is tried again.
 */
function halfMade(
  parts: PushParts,
  resource: PendingResource,
  { remoteId, held, desired, record }: HalfMade,
  error: string,
): readonly PushOutcome[] {
  const made = madeFor(resource, held, remoteId, record);
  const attempts = resource.attempts + 1;
  const failure = {
    action: "update",
    status: "failed",
    error,
    because: "a create can't say all of it at this target",
    before: JSON.stringify(held),
    after: JSON.stringify(desired),
    remoteId,
  } as const;
  return [
    made,
    outcomeOf(resource, failure, {
      state: "failed",
      error,
      attempts,
      nextTryAt: parts.clock() + retryDelayMs(attempts),
    }),
  ];
}

/** What a create said of it is there; the rest is pending. */
function madeFor(resource: PendingResource, held: JsonObject, remoteId: string, record: LinkedRecord): PushOutcome {
  return linked({ ...resource, version: 0 }, held, remoteId, record);
}

interface HalfMade {
  readonly remoteId: string;
  /** What it holds, and what it is to hold. */
  readonly held: JsonObject;
  readonly desired: JsonObject;
  readonly record: LinkedRecord;
}

function lackingText(paths: readonly string[]): string {
  return `the product does not take it without ${paths.join(", ")}: have the mapping, or the rules of the target, give a value`;
}

/** Where to look before a create; null for somebody of whom this target cannot know yet. */
function firstSearch({ intended, attempts }: PendingResource, hasListed: boolean): Search | null {
  if (intended) return "doubt";
  // What was in the way before may be an account that is to be adopted.
  if (attempts > 0) return "conflict";
  return hasListed ? "listed" : null;
}

type Found = Extract<Match, { readonly kind: "one" }>;

/** Made by this request, or found because an earlier one had arrived. */
type Made = Found | { readonly remote: RemoteResource; readonly by: null };

/** 409 (RFC 7644 §3.3): something with this identity is there. That is a match to look at, not an error. */
async function adoptAfterConflict(
  parts: PushParts,
  resource: PendingResource,
  desired: JsonObject,
  conflict: TargetError,
): Promise<PushOutcome | readonly PushOutcome[]> {
  try {
    const match = await findMatch(parts, resource.type, resource.id, desired, "conflict");
    if (match.kind === "one") return await adopt(parts, resource, desired, match);
    const detail =
      match.kind === "unclear"
        ? match.detail
        : `${conflict.message}; the target says that it exists and shows no such account: look for a deleted or hidden one there`;
    return failed(parts, resource, desired, detail);
  } catch (error) {
    return failed(parts, resource, desired, failureText(error));
  }
}

/** Takes over what was found because a create of ours is in doubt, or failed: it may be what we made. */
async function adoptDoubted(
  parts: PushParts,
  resource: PendingResource,
  desired: JsonObject,
  found: Omit<Found, "kind">,
): Promise<readonly PushOutcome[]> {
  const isOurs = await isOurMaking(parts, resource.type, desired, found.remote);
  const outcomes = [await adopt(parts, resource, desired, found)].flat();
  if (!isOurs) return outcomes;
  return outcomes.map((outcome) =>
    outcome.link?.state === "linked" ? { ...outcome, link: { ...outcome.link, isOurMaking: true } } : outcome,
  );
}

/**
 * Takes over what the target holds already: only what we would say differently is changed, and what somebody who is gone
 * was given there and this one is not to have is taken away.
 */
async function adopt(
  parts: PushParts,
  resource: PendingResource,
  desired: JsonObject,
  { remote, by: matchedBy, former }: Omit<Found, "kind">,
): Promise<PushOutcome | readonly PushOutcome[]> {
  const given = parts.language.known(resource.type, former, parts.capabilities);
  const held = knownAttributes(remote.document, desired, given);
  const operations = parts.language.difference(resource.type, held, desired);
  const record = {
    action: "adopt",
    because: `the target held it already, with the same ${matchedBy}`,
    before: held,
  } as const;
  const by = parts.protection.by[resource.type];
  const documents = [remote.document, former, JSON.parse(resource.document) as JsonObject];
  if (by !== null && parts.protection.fits(resource.type, documents)) {
    return linkedAsItIs(
      resource,
      { remoteId: remote.id, held, desired, matchedBy, isSame: operations.length === 0 },
      by,
    );
  }
  if (operations.length > 0) {
    try {
      await sendOperations(parts, { type: resource.type, id: resource.id, remoteId: remote.id }, operations);
    } catch (error) {
      // A create of ours whose answer was lost leaves just this.
      if (!lacksTheRestAlone(parts, resource.type, held, desired)) throw error;
      return halfMade(parts, resource, { remoteId: remote.id, held, desired, record }, failureText(error));
    }
  }
  return linked(resource, desired, remote.id, record);
}

interface ProtectedMatch {
  readonly remoteId: string;
  readonly held: JsonObject;
  readonly desired: JsonObject;
  readonly matchedBy: string;
  /** It is already as it would be made. */
  readonly isSame: boolean;
}

/** A protected account is linked, so that it can come to groups, and left as it is. */
function linkedAsItIs(
  resource: PendingResource,
  { remoteId, held, desired, matchedBy, isSame }: ProtectedMatch,
  by: string,
): PushOutcome {
  const text = JSON.stringify(held);
  return outcomeOf(
    resource,
    {
      action: "adopt",
      status: isSame ? "applied" : "skipped",
      error: isSame ? null : protectedReason(by),
      because: `the target held it already, with the same ${matchedBy}`,
      before: text,
      after: JSON.stringify(desired),
      remoteId,
    },
    {
      state: "linked",
      remoteId,
      // To be compared again, should it not be protected any more.
      version: 0,
      active: resource.type === "Group" || isActive(held),
      lacksManager: false,
      held: text,
      withheld: { by, action: "update", version: resource.version },
    },
  );
}

/** It holds all that a create can say of it, and not what has to be sent after that. */
function lacksTheRestAlone(
  { language }: PushParts,
  type: ResourceType,
  held: JsonObject,
  desired: JsonObject,
): boolean {
  const { sent, rest } = language.atCreate(type, desired);
  return rest.length > 0 && language.difference(type, language.atCreate(type, held).sent, sent).length === 0;
}

interface LinkedRecord {
  readonly action: "create" | "adopt";
  readonly because: string;
  readonly before: JsonObject | null;
}

function linked(resource: PendingResource, desired: JsonObject, remoteId: string, record: LinkedRecord): PushOutcome {
  const text = JSON.stringify(desired);
  return outcomeOf(
    resource,
    {
      ...record,
      status: "applied",
      error: null,
      before: record.before === null ? null : JSON.stringify(record.before),
      after: text,
    },
    {
      state: "linked",
      remoteId,
      version: resource.version,
      active: resource.type === "Group" || isActive(desired),
      lacksManager: resource.managerId !== null && resource.managerRemoteId === null,
      held: text,
    },
  );
}

function failed(parts: PushParts, resource: PendingResource, desired: JsonObject, error: string): PushOutcome {
  const attempts = resource.attempts + 1;
  return outcomeOf(
    resource,
    {
      action: "create",
      status: "failed",
      error,
      because: "not at this target yet",
      before: null,
      after: JSON.stringify(desired),
    },
    { state: "failed", error, attempts, nextTryAt: parts.clock() + retryDelayMs(attempts) },
  );
}
