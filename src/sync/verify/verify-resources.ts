import { concurrently } from "../../lib/concurrently.ts";
import { protectedReason } from "../../plan/protection.ts";
import { textOf } from "../../scim/document.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { Finding, LinkCorrection, LinkedResource, RemoteMatch, SeenRemote } from "../../store/store.ts";
import { type RemoteResource, TargetError } from "../../target/target.ts";
import { matchesOf } from "../push/first-contact.ts";
import { isKnownProtected } from "../push/protect.ts";
import { type Comparison, compareRemote, labelsOf } from "./compare-remote.ts";
import type { VerifyParts } from "./verify-parts.ts";

/** Links that are asked for one by one between two writes to the store. */
const chunkSize = 256;

/** Records of what is nobody's, of each type: beyond that they are only counted. */
const mostUnmanagedRecords = 10_000;

/** What is found as the pages go by. */
interface Tally {
  unmanagedRecords: number;
}

/**
 * Compares all accounts, or groups, of a target with what we know it to hold. The list is read page by page; what is not
 * on it is asked for by its id, because a list that changes while it is read leaves things out.
 *
 * @returns whether the target would list what it holds: else only what we hold a link to was looked at
 */
export async function verifyResources(parts: VerifyParts, type: ResourceType): Promise<boolean> {
  const listed = await verifyList(parts, type);
  await verifyRest(parts, type);
  return listed;
}

async function verifyList(parts: VerifyParts, type: ResourceType): Promise<boolean> {
  const { store, row, taskId, target, attempts, signal } = parts;
  const { users, groups } = await store.countFindings(taskId, row.id);
  const tally: Tally = { unmanagedRecords: (type === "User" ? users : groups).unmanaged ?? 0 };
  try {
    for await (const page of target.list(type, signal, (ask) => attempts.run(ask))) {
      await verifyPage(parts, type, page, tally);
      parts.onProgress(page.length);
    }
    return true;
  } catch (error) {
    // There are service providers that answer for each resource and not for all.
    if (error instanceof TargetError && (error.code === "refused" || error.code === "missing")) return false;
    throw error;
  }
}

/** What we hold a link to and the list did not show: gone, or only left out. */
async function verifyRest(parts: VerifyParts, type: ResourceType): Promise<void> {
  const { store, scope, row, lease, taskId, target, attempts, signal, repair } = parts;
  for (let after = ""; ; ) {
    const page = await store.linksNotSeen(scope, taskId, type, { after, limit: chunkSize });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
    const found: RemoteResource[] = [];
    const gone: LinkedResource[] = [];
    await concurrently(page, target.concurrency, async (resource) => {
      const remote = await attempts.run(() => target.read(type, resource.remoteId, signal));
      if (remote === null) gone.push(resource);
      // By the id that we know it by, whatever the answer calls it.
      else found.push({ ...remote, id: resource.remoteId });
    });
    if (found.length > 0) await verifyPage(parts, type, found, { unmanagedRecords: mostUnmanagedRecords });
    await store.saveSeen(lease, taskId, row.id, type, {
      seen: [],
      findings: gone.filter(({ isWanted }) => isWanted).map(missing),
      // Nobody is made again only to be inactive.
      letGo: repair ? gone.filter(({ isWanted }) => !isWanted).map(({ id }) => id) : [],
    });
    parts.onProgress(page.length);
  }
}

async function verifyPage(
  parts: VerifyParts,
  type: ResourceType,
  page: readonly RemoteResource[],
  tally: Tally,
): Promise<void> {
  const { store, row, scope, lease, taskId, repair, noteMatches } = parts;
  const byId = new Map(page.map((remote) => [remote.id, remote]));
  const fresh = await store.notSeen(row.id, type, [...byId.keys()]);
  const holders = await store.linkedTo(row.id, [...fresh]);
  const ofType = [...holders.values()].filter(({ resourceType }) => resourceType === type);
  const resources = await store.linkedResources(
    scope,
    type,
    ofType.map(({ resourceId }) => resourceId),
  );
  const byRemoteId = new Map(resources.map((resource) => [resource.remoteId, resource]));
  const seen: SeenRemote[] = [];
  const findings: Finding[] = [];
  const corrections: LinkCorrection[] = [];
  const matches: RemoteMatch[] = [];
  for (const id of fresh) {
    const remote = byId.get(id);
    if (remote === undefined) continue;
    const resource = byRemoteId.get(id);
    const isOthers = resource === undefined && holders.get(id)?.resourceType === type;
    const state = resource !== undefined ? "linked" : isOthers ? "other" : "unmanaged";
    seen.push({ remoteId: id, externalId: textOf(remote.document, "externalId"), state });
    if (resource !== undefined) {
      const { finding, correction } = leaveProtected(parts, resource, remote, compareRemote(parts, resource, remote));
      if (finding !== null) findings.push(finding);
      if (correction !== null && repair) corrections.push(correction);
    } else if (!isOthers) {
      if (noteMatches) matches.push(...matchesOf(parts, type, remote));
      if (tally.unmanagedRecords >= mostUnmanagedRecords) continue;
      tally.unmanagedRecords += 1;
      findings.push(unmanaged(type, remote));
    }
  }
  await store.saveSeen(lease, taskId, row.id, type, { seen, findings, corrections, matches });
}

/** A protected account is as it is: that is no drift, and a repair leaves it alone. */
function leaveProtected(
  parts: VerifyParts,
  resource: LinkedResource,
  remote: RemoteResource,
  { finding, correction }: Comparison,
): Comparison {
  const shown = parts.protection.fits(resource.type, [remote.document]) ? parts.protection.by[resource.type] : null;
  const by = isKnownProtected(parts, resource) ?? shown;
  if (by === null) return { finding, correction };
  const error = protectedReason(by);
  return { finding: finding === null ? null : { ...finding, status: "skipped", error }, correction: null };
}

function missing(resource: LinkedResource): Finding {
  return {
    ...labelsOf(resource),
    action: "create",
    status: "missing",
    because: "the target was given it, and does not have it any more",
    before: null,
    after: resource.held,
  };
}

/** Of an account that is nobody's here only what tells which one it is. */
function unmanaged(type: ResourceType, { id, document }: RemoteResource): Finding {
  return {
    resourceId: null,
    resourceType: type,
    externalId: textOf(document, "externalId"),
    displayName: textOf(document, "displayName") ?? textOf(document, "userName"),
    remoteId: id,
    action: "keep",
    status: "unmanaged",
    because: "it is linked to nothing here, and left alone",
    before: null,
    after: null,
  };
}
