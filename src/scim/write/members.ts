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
    const member = parseMember(element, (rule, part = "") =>
      problems.add("invalidValue", `${place}[${index}]${part}`, rule),
    );
    if (member !== null && !members.has(member.value)) members.set(member.value, member);
  }
  return members;
}

// A place is written out only where something is wrong: there may be 100,000.
type Refuse = (rule: string, part?: string) => void;

function parseMember(json: Json, refuse: Refuse): NamedMember | null {
  if (typeof json === "string") return checkedMember(json, undefined, refuse);
  if (isJsonObject(json)) return checkedMember(findMember(json, "value"), findMember(json, "type"), refuse);
  refuse("is not an object");
  return null;
}

function checkedMember(value: Json | undefined, type: Json | undefined, refuse: Refuse): NamedMember | null {
  if (typeof value !== "string" || !isId(value)) {
    refuse("is not an id", ".value");
    return null;
  }
  // Entra ID sends `"$ref": null` with each member, and others `"type": ""`: null and empty are nothing.
  if (type === undefined || type === null || type === "") return { value };
  const known = typeof type === "string" ? memberTypes.get(type.toLowerCase()) : undefined;
  if (known !== undefined) return { value, type: known };
  refuse("is neither User nor Group", ".type");
  return null;
}

function isId(text: string): boolean {
  return text !== "" && text.length <= 256 && text.isWellFormed() && !text.includes("\0");
}

const memberTypes: ReadonlyMap<string, ResourceType> = new Map([
  ["user", "User"],
  ["group", "Group"],
]);
