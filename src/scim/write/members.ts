import { isJsonObject, type Json } from "../../lib/json.ts";
import type { ResourceType } from "../resource.ts";
import { findMember } from "./find-member.ts";
import { writeLimits } from "./limits.ts";
import { toList } from "./parse-attribute.ts";
import type { Problems } from "./problems.ts";

/** A member as a client names it (RFC 7643 §4.2): `display` and `$ref` follow from who it is. */
export interface NamedMember {
  readonly value: string;
  readonly type?: ResourceType;
}

/** Members by their id: each once, in the order in which they are named. */
export type NamedMembers = ReadonlyMap<string, NamedMember>;

/**
 * The value of `members` (RFC 7643 §4.2), in one pass: objects, or their ids as text, which Microsoft's collection of
 * requests adds. Null stands for none.
 */
export function parseMembers(json: Json, place: string, problems: Problems): NamedMembers {
  const members = new Map<string, NamedMember>();
  const list = json === null ? [] : toList(json);
  if (list.length > writeLimits.members) {
    problems.add("invalidValue", place, `has more than ${writeLimits.members} members`);
    return members;
  }
  for (const [index, element] of list.entries()) {
    const member = parseMember(element, `${place}[${index}]`, problems);
    if (member !== null && !members.has(member.value)) members.set(member.value, member);
  }
  return members;
}

function parseMember(json: Json, place: string, problems: Problems): NamedMember | null {
  if (typeof json === "string") return checkedMember(json, undefined, place, problems);
  if (isJsonObject(json)) return checkedMember(findMember(json, "value"), findMember(json, "type"), place, problems);
  problems.add("invalidValue", place, "is not an object");
  return null;
}

function checkedMember(
  value: Json | undefined,
  type: Json | undefined,
  place: string,
  problems: Problems,
): NamedMember | null {
  if (
    typeof value !== "string" ||
    value === "" ||
    value.length > 256 ||
    !value.isWellFormed() ||
    value.includes("\0")
  ) {
    problems.add("invalidValue", `${place}.value`, "is not an id");
    return null;
  }
  // Entra ID sends `"$ref": null` with each member, and others `"type": ""`: null and empty are nothing.
  if (type === undefined || type === null || type === "") return { value };
  const known = typeof type === "string" ? memberTypes.get(type.toLowerCase()) : undefined;
  if (known !== undefined) return { value, type: known };
  problems.add("invalidValue", `${place}.type`, "is neither User nor Group");
  return null;
}

const memberTypes: ReadonlyMap<string, ResourceType> = new Map([
  ["user", "User"],
  ["group", "Group"],
]);
