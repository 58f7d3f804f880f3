import { foldCase } from "../../lib/fold.ts";
import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { SourceDepartment, SourceUser } from "../source.ts";
import { nonsense } from "./fault.ts";

/**
 * WeCom's objects as records. Written by hand, since a large corp has a million members and each passes here: only what
 * the bridge itself relies on is looked at, everything else stays in `raw` as it came. What is withheld is missing, so
 * nothing but the identity is required. A parser gives null for an object that has no usable identity.
 */
export function parseMember(value: Json): SourceUser | null {
  if (!isJsonObject(value)) return null;
  const userid = useridOf(value);
  const departments = idList(member(value, "department") ?? []);
  if (userid === null || departments === null) return null;
  return {
    kind: "user",
    key: userKey(userid),
    raw: value,
    departments,
    // A number in WeCom's samples, text in one SDK.
    mainDepartment: idKey(member(value, "main_department")),
    managers: useridList(member(value, "direct_leader")).map(userKey),
  };
}

/** The answer of user/get: the member's fields stand beside the verdict, which is no part of him. */
export function parseLoneMember(answer: JsonObject): SourceUser | null {
  return parseMember(
    Object.fromEntries(Object.entries(answer).filter(([key]) => key !== "errcode" && key !== "errmsg")),
  );
}

export function parseDepartment(value: Json): SourceDepartment | null {
  if (!isJsonObject(value)) return null;
  const key = idKey(member(value, "id"));
  if (key === null) return null;
  const parent = member(value, "parentid");
  const parentKey = idKey(parent);
  // The root's parent is 0 or absent; anything else that is no id would silently move the department to the top.
  if (parentKey === null && parent !== undefined && parent !== null && Number(parent) !== 0) return null;
  const name = member(value, "name");
  // Where names are withheld, the vendor puts the id in their place.
  return {
    kind: "department",
    key,
    raw: value,
    name: typeof name === "string" ? name : key,
    parent: parentKey,
    leaders: useridList(member(value, "department_leader")),
  };
}

/** A row of user/list_id: a person and one department that he is in. */
export function parseUserIdRow(value: Json): { readonly key: string; readonly department: string } | null {
  const userid = useridOf(value);
  const department = isJsonObject(value) ? idKey(member(value, "department")) : null;
  return userid === null || department === null ? null : { key: userKey(userid), department };
}

/** What agent/get says about an app's visible scope. */
export interface AgentScope {
  readonly departments: readonly string[];
  readonly tags: readonly string[];
  /** userids as WeCom spells them. */
  readonly userids: readonly string[];
  readonly closed: boolean;
}

export function parseAgent(answer: JsonObject): AgentScope {
  const users = member(inner(answer, "allow_userinfos"), "user");
  return {
    userids: (Array.isArray(users) ? (users as readonly Json[]) : []).map(useridOf).filter((userid) => userid !== null),
    departments: idList(member(inner(answer, "allow_partys"), "partyid")) ?? [],
    tags: idList(member(inner(answer, "allow_tags"), "tagid")) ?? [],
    closed: member(answer, "close") === 1,
  };
}

/** userids are unique without regard to case (WeCom doc path/90195). */
export function userKey(userid: string): string {
  return foldCase(userid);
}

/** The userid of an object that has one. */
export function useridOf(value: Json): string | null {
  const userid = isJsonObject(value) ? member(value, "userid") : undefined;
  return typeof userid === "string" && userid !== "" ? userid : null;
}

/** The list that an answer must carry. Taking a missing one for empty would look like everybody's departure. */
export function requiredList(answer: JsonObject, name: string): readonly Json[] {
  const list = member(answer, name);
  if (!Array.isArray(list)) throw nonsense(`${name} is not a list`);
  return list as readonly Json[];
}

function inner(object: JsonObject, name: string): JsonObject {
  const value = member(object, name);
  return isJsonObject(value) ? value : {};
}

/** Null for what is no list of ids: leaving some out would look like having left those departments. */
export function idList(value: Json | undefined): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  const keys: string[] = [];
  for (const item of value as readonly Json[]) {
    const key = idKey(item);
    if (key === null) return null;
    keys.push(key);
  }
  return keys;
}

/** The userids of a list, as WeCom spells them. */
function useridList(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).filter((item): item is string => typeof item === "string" && item !== "");
}

/** A department's or tag's id, a positive 32-bit number, as a key. */
export function idKey(value: Json | undefined): string | null {
  const id = typeof value === "string" && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof id === "number" && Number.isSafeInteger(id) && id > 0 ? String(id) : null;
}
