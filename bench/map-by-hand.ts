import type { Json, JsonObject } from "../src/lib/json.ts";
import type { UserInput } from "../src/mapping/mapping.ts";

const enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const wecomSchema = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
const genders = new Map<unknown, string>([
  ["1", "male"],
  [1, "male"],
  ["2", "female"],
  [2, "female"],
]);

/** What `schemas/mappings/wecom.json` says, as somebody would write it who maps nothing else. */
export function mapByHand({ user: { raw }, mainDepartment }: UserInput): JsonObject {
  const document: Record<string, Json> = {};
  const set = (object: Record<string, Json>, name: string, value: Json | undefined): void => {
    if (value !== undefined && value !== "") object[name] = value;
  };
  const { userid, name, alias, position, email, biz_mail, mobile, telephone, avatar, status, enable } = raw;
  set(document, "externalId", userid);
  set(document, "userName", userid);
  set(document, "displayName", name);
  if (name !== undefined && name !== "") document["name"] = { formatted: name };
  set(document, "nickName", alias);
  set(document, "title", position);
  document["active"] = (status === 1 || status === "1") && enable !== 0 && enable !== "0";
  const mail = email === undefined || email === "" ? biz_mail : email;
  if (mail !== undefined && mail !== "") document["emails"] = [{ value: mail, type: "work", primary: true }];
  const phones: Json[] = [];
  if (mobile !== undefined && mobile !== "") phones.push({ value: mobile, type: "mobile", primary: true });
  if (telephone !== undefined && telephone !== "") phones.push({ value: telephone, type: "work" });
  if (phones.length > 0) document["phoneNumbers"] = phones;
  if (avatar !== undefined && avatar !== "") document["photos"] = [{ value: avatar, type: "photo" }];
  const enterprise: Record<string, Json> = {};
  set(enterprise, "department", mainDepartment?.name);
  const leaders = raw["direct_leader"];
  const leader: unknown = Array.isArray(leaders) ? leaders[0] : undefined;
  if (typeof leader === "string" && leader !== "") enterprise["manager"] = { value: leader };
  if (Object.keys(enterprise).length > 0) document[enterpriseSchema] = enterprise;
  const wecom: Record<string, Json> = {};
  set(wecom, "gender", genders.get(raw["gender"]));
  set(wecom, "status", status);
  set(wecom, "mainDepartment", raw["main_department"] === undefined ? undefined : String(raw["main_department"]));
  if (Object.keys(wecom).length > 0) document[wecomSchema] = wecom;
  return document;
}
