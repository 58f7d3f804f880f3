import type { ChangeTally, DeliveryState, EventType, TaskRow, TaskState } from "../store/store.ts";

/** How a task ended, for who counts. Names of sources and targets; null where it has none. */
export interface EndedTask {
  readonly source: string | null;
  readonly target: string | null;
  readonly mode: TaskRow["mode"];
  readonly state: TaskState;
  readonly seconds: number;
  /** What became of its changes; `target` is a name, null for our own directory. */
  readonly changes: readonly (Omit<ChangeTally, "targetId"> & { readonly target: string | null })[];
}

/** Hears of what the engine does. */
export interface Observer {
  taskEnded(task: EndedTask): void;
  eventRaised(type: EventType): void;
  deliveryTried(state: DeliveryState): void;
}

/** Nobody listens. */
export const noObserver: Observer = { taskEnded() {}, eventRaised() {}, deliveryTried() {} };
