import { expectedDirectory } from "../../src/demo/expected.ts";
import { compareDirectories, type HeldResource, heldDirectory } from "../../src/demo/held.ts";
import type { Corp } from "./corp.ts";
import type { BenchTarget } from "./target.ts";

/** Every person, membership and manager at the target against the simulated corp's own truth: how many differ. */
export async function countDifferences(
  corp: Corp,
  target: BenchTarget,
): Promise<{ count: number; examples: readonly string[] }> {
  const users: HeldResource[] = [];
  const groups: HeldResource[] = [];
  for await (const resource of target.dump()) (resource.type === "User" ? users : groups).push(resource);
  return compareDirectories(expectedDirectory(await corp.visibleTruth()), heldDirectory(users, groups));
}
