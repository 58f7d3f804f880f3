import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import type { SourceTag } from "../source.ts";
import { nonsense } from "./fault.ts";
import { idKey, idList, requiredList, useridOf, userKey } from "./parse.ts";

/** A tag of tag/list, before its members are known. */
export interface TagHead {
  readonly id: number;
  /** Null for a tag of which only the id is known. */
  readonly name: string | null;
}

/** Null for an object without a usable id. */
export function parseTagHead(value: Json): TagHead | null {
  if (!isJsonObject(value)) return null;
  const key = idKey(member(value, "tagid"));
  const name = member(value, "tagname");
  return key === null ? null : { id: Number(key), name: typeof name === "string" ? name : null };
}

/** A tag from its head and the answer of tag/get, which tells its members but not its id. */
export function toTag(head: TagHead, answer: JsonObject): SourceTag {
  const userlist = memberList(answer, "userlist");
  const partylist = memberList(answer, "partylist");
  const userids = userlist.map(useridOf).filter((userid) => userid !== null);
  const departments = idList(partylist);
  if (departments === null || userids.length < userlist.length) throw nonsense("a tag's list holds what is no member");
  const told = member(answer, "tagname");
  const name = typeof told === "string" ? told : (head.name ?? "");
  const raw = { tagid: head.id, tagname: name, userlist, partylist };
  return { kind: "tag", key: String(head.id), raw, name, users: userids.map(userKey), departments };
}

/** A tag whose members are not asked for. */
export function toBareTag(head: TagHead): SourceTag {
  return toTag(head, { userlist: [], partylist: [] });
}

export function withoutMembers(tag: SourceTag): SourceTag {
  return { ...tag, raw: { ...tag.raw, userlist: [], partylist: [] }, users: [], departments: [] };
}

/** The userids of a tag's people, as WeCom spells them. */
export function memberUserids(tag: SourceTag): readonly string[] {
  const userlist = member(tag.raw, "userlist");
  return Array.isArray(userlist) ? (userlist as readonly Json[]).map(useridOf).filter((userid) => userid !== null) : [];
}

/** One of the two lists may be left out where it is empty; an answer without both is none. */
function memberList(answer: JsonObject, name: "userlist" | "partylist"): readonly Json[] {
  const other = name === "userlist" ? "partylist" : "userlist";
  if (member(answer, name) === undefined && Array.isArray(member(answer, other))) return [];
  return requiredList(answer, name);
}
