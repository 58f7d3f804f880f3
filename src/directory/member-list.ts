import type { NamedMember } from "../scim/parse-resource.ts";
import type { Member } from "../scim/resource.ts";
import { ScimError } from "../scim/scim-error.ts";
import type { DirectoryWrite } from "../store/store.ts";
import type { Writer } from "./writing.ts";

/** How many ids a refusal lists. */
const mostNamed = 5;

/**
 * The members that somebody named, as they are in the directory.
 *
 * @param groupId null for a group that is not there yet
 * @throws {ScimError} 400 invalidValue for ids that are nobody's (or of somebody the writer does not see), of people who
 * have left, of another type than said, and for a group that would lie in itself
 */
export async function findMembers(
  write: DirectoryWrite,
  groupId: string | null,
  named: readonly NamedMember[],
  { sources }: Writer,
): Promise<readonly Member[]> {
  const found = await write.lookUp(
    named.map(({ value }) => value),
    sources,
  );
  refuseIds(
    named.filter(({ value }) => !found.has(value)),
    "of no User and no Group here",
  );
  refuseIds(
    named.filter(({ value }) => found.get(value)?.departed === true),
    "of people who have left",
  );
  const members = named.map(({ value }): Member => ({ value, type: found.get(value)?.type ?? "User" }));
  refuseIds(
    named.filter(({ type }, index) => type !== undefined && type !== members[index]?.type),
    "not of the type that is said",
  );
  if (groupId !== null) await refuseCycle(write, groupId, members);
  return members;
}

/**
 * Says of these members what is wrong with them, by their ids.
 *
 * @throws {ScimError} 400 invalidValue, unless there are none
 */
export function refuseIds(named: readonly NamedMember[], what: string): void {
  if (named.length === 0) return;
  const ids = named.slice(0, mostNamed).map(({ value }) => value);
  const more = named.length > ids.length ? ` and ${named.length - ids.length} more` : "";
  throw new ScimError(400, "invalidValue", `members: these ids are ${what}: ${ids.join(", ")}${more}`);
}

// RFC 7643 §4.2 lets groups hold groups; one that held itself would have no end.
async function refuseCycle(write: DirectoryWrite, groupId: string, members: readonly Member[]): Promise<void> {
  const groups = members.filter(({ type }) => type === "Group").map(({ value }) => value);
  if (await write.isWithin(groupId, groups)) {
    throw new ScimError(400, "invalidValue", "members: a group cannot be in itself, nor in a group that it holds");
  }
}
