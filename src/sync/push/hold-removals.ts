import type { Action } from "../../plan/change.ts";
import type { PendingResource, RemovalPage } from "../../store/store.ts";
import { outcomeOf, type PushParts } from "./push-parts.ts";

/** Records the removals that wait at a target for approval, and sends none of them. */
export async function holdPending(parts: PushParts): Promise<void> {
  const { store, scope, held } = parts;
  if (held.has("User")) await hold(parts, "deactivate", (page) => store.pendingDeactivations(scope, page));
  for (const type of ["Group", "User"] as const) {
    if (held.has(type)) await hold(parts, "delete", (page) => store.pendingDeletes(scope, type, page));
  }
}

async function hold(
  { store, lease, taskId, row }: PushParts,
  action: Action,
  pageOf: (page: RemovalPage) => Promise<readonly PendingResource[]>,
): Promise<void> {
  for (let after = ""; ; ) {
    const page = await pageOf({ after, limit: 500, approved: false });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
    const outcomes = page.map((resource) =>
      outcomeOf(
        resource,
        {
          action,
          status: "held",
          error: null,
          because: "more removals at this target than its safeguards allow without approval",
          before: resource.held,
          after: action === "delete" ? null : JSON.stringify({ ...JSON.parse(resource.held ?? "{}"), active: false }),
        },
        null,
      ),
    );
    await store.saveOutcomes(lease, taskId, row.id, outcomes);
  }
}
