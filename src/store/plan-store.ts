import type { JsonObject } from "../lib/json.ts";
import type { ResourceType } from "../scim/resource.ts";
import type {
  DirectoryChangeStore,
  DirectoryStore,
  EngineTaskStore,
  GroupRuleStore,
  Lease,
  LeaseStore,
  PushStore,
  RecordStore,
  VerifyStore,
} from "./engine.ts";
import type { Page, PlanBasis, TaskPlan, TaskRow } from "./task-store.ts";
import type { EventStore } from "./webhook-store.ts";

// A plan is what a sync would do, done on a copy that nobody else sees, with requests written down in the place of being
// sent. Then it is compared, or kept as the records of its task.

/** What a plan is about. */
export interface PlanScope {
  readonly taskId: string;
  /** The targets that are looked at. */
  readonly targetIds: readonly string[];
}

/** A request that would be sent. */
export interface NotedRequest {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body: string | null;
  /** Of a body that is mostly what the target returned: only this of it is kept when the copy is gone. */
  readonly own?: { readonly said: JsonObject; readonly kept: readonly string[] };
  readonly resourceType: ResourceType;
  /** Of a create: ours. */
  readonly resourceId: string | null;
  readonly remoteId: string;
  /** False: an id that is not there yet, or what the target answers, is part of it. */
  readonly exact: boolean;
}

/** What came of a plan, for whoever compares it. */
export interface PlanNumbers {
  readonly digest: string;
  readonly changes: number;
  readonly requests: number;
}

/** How two plans differ. */
export interface PlanDifference {
  /** Changes of the directory that only one of the two has. */
  readonly directory: number;
  /** Changes and requests at targets that only one of the two has, by target. */
  readonly targets: ReadonlyMap<string, number>;
}

/** The part of the store that a sync writes to. */
export type ScratchStore = RecordStore &
  DirectoryStore &
  GroupRuleStore &
  DirectoryChangeStore &
  PushStore &
  VerifyStore &
  LeaseStore &
  EventStore &
  EngineTaskStore;

/**
 * A copy of the directory and of what targets hold, in a file without a name that is gone when it is closed. What is done
 * in it is seen by nobody.
 */
export interface Scratch {
  readonly store: ScratchStore;
  /** Proves there what a lease proves in the store itself. */
  readonly lease: Lease;
  note(targetId: string, request: NotedRequest): Promise<void>;
  /** The body last noted for a whole resource; null: none. */
  lastWhole(targetId: string, type: ResourceType, remoteId: string): Promise<JsonObject | null>;
  /** Puts what was found in its order, and sums it up. Before {@link keep} and {@link compare}. */
  settle(): Promise<PlanNumbers>;
  /**
   * Makes what was found the records of the task.
   *
   * @param isKnown whether an id at a target is one that the target gave
   */
  keep(lease: Lease, isKnown: (remoteId: string) => boolean): Promise<void>;
  /** How it differs from a plan that was kept. */
  compare(planTaskId: string): Promise<PlanDifference>;
  close(): Promise<void>;
}

/** Plans, for the engine. */
export interface PlanStore {
  openScratch(scope: PlanScope): Promise<Scratch>;
  /** What a plan is made on now: to be read before anything else. `mapping` is not known here. */
  readPlanBasis(scope: { readonly sourceId: string | null; readonly targetIds: readonly string[] }): Promise<PlanBasis>;
  /** What was kept of a plan; null when the task is none, or came to no end. */
  findPlan(taskId: string): Promise<TaskPlan | null>;
  /** The digest of what is kept of a plan: another than the plan's own when some of it is gone. */
  planDigest(taskId: string): Promise<string>;
}

export interface PlannedRequest {
  readonly id: string;
  /** Id of the record that it belongs to; null where there is none. */
  readonly record: string | null;
  readonly target: string;
  readonly resourceType: ResourceType;
  readonly resourceId: string | null;
  /** As its record calls it. */
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly method: NotedRequest["method"];
  readonly path: string;
  readonly body: JsonObject | null;
  /** Names of what stands in the body besides, and stays as the target has it: its values are not kept. */
  readonly kept: readonly string[];
  readonly exact: boolean;
}

/** Plans, as people look at them. */
export interface PlanReader {
  /** In the order in which a plan has them: by target, users before groups. */
  listPlanRequests(
    taskId: string,
    query: {
      readonly target?: string;
      readonly record?: number;
      readonly cursor?: string;
      readonly limit: number;
    },
  ): Promise<Page<PlannedRequest>>;
  /** The newest task that has applied a plan, be it that some of it failed or is held; null: none has. */
  findApplication(planId: string): Promise<Pick<TaskRow, "id" | "state"> | null>;
}
