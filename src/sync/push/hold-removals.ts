import type { Action } from "../../plan/change.ts";
import type { PendingResource, RemovalPage } from "../../store/store.ts";
import { outcomeOf, type PushParts } from "./push-parts.ts";

/** Records the removals that wait at a target for approval, and sends none of them. */
export async function holdPending(parts: PushParts): Promise<void> {
  const { store, scope, held, heldGroups } = parts;
  if (held.has("User")) await hold(parts, "deactivate", (page) => store.pendingDeactivations(scope, page));
  for (const type of ["Group", "User"] as const) {
    if (held.has(type)) await hold(parts, "delete", (page) => store.pendingDeletes(scope, type, page));
  }
  await note(parts, "delete", [...heldGroups.values()], theyStay);
}

const tooMany = "more removals at this target than its safeguards allow without approval";
const theyStay =
  "members of it are to be removed themselves, and more removals are planned at this target than its safeguards allow";

async function hold(
  parts: PushParts,
  action: Action,
  pageOf: (page: RemovalPage) => Promise<readonly PendingResource[]>,
): Promise<void> {
  for (let after = ""; ; ) {
    const page = await pageOf({ after, limit: 500, approved: false });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
    await note(parts, action, page, tooMany);
  }
}

async function note(
  { store, lease, taskId, row }: PushParts,
  action: Action,
  resources: readonly PendingResource[],
  because: string,
): Promise<void> {
  if (resources.length === 0) return;
  const outcomes = resources.map((resource) =>
    outcomeOf(
      resource,
      {
        ...{ action, status: "held", error: null, because },
        before: resource.held,
        after: action === "delete" ? null : JSON.stringify({ ...JSON.parse(resource.held ?? "{}"), active: false }),
      },
      null,
    ),
  );
  await store.saveOutcomes(lease, taskId, row.id, outcomes);
}
