import type { VerifyStore } from "../../store/store.ts";
import type { PushParts } from "../push/push-parts.ts";

/** What every step of reading a target back works with. */
export interface VerifyParts
  extends Pick<
    PushParts,
    | "store"
    | "lease"
    | "taskId"
    | "row"
    | "target"
    | "language"
    | "rules"
    | "capabilities"
    | "attempts"
    | "scope"
    | "protection"
    | "signal"
    | "onProgress"
  > {
  readonly store: PushParts["store"] & VerifyStore;
  /** What is found is noted on the links, so that a push puts it right. */
  readonly repair: boolean;
  /** What is nobody's may be somebody's whom we have not brought there: the next push looks before it makes them. */
  readonly noteMatches: boolean;
}
