import type { Generated } from "kysely";

/** A request that a plan found that a target would be sent, in the order in which plans are compared. */
export interface PlanRequestTable {
  seq: Generated<number>;
  task_id: string;
  target_id: string;
  /** The record of the plan that it belongs to. */
  change_seq: number | null;
  resource_type: "User" | "Group";
  resource_id: string;
  /** The id at the target, or what stands for one that a create would give. */
  remote_id: string | null;
  method: "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** As `kept-body.ts` has it. */
  body: string | null;
  /** 0: an id that is not there yet, or what the target answers, is part of it. */
  exact: number;
  created_at: number;
}
