import type { DirectoryChange } from "../../store/store.ts";
import type { TargetImpact } from "./impact.ts";

/** Looks at changes of the directory as one target would see them. */
export interface TargetLens {
  add(change: DirectoryChange): void;
  result(): TargetImpact;
}
