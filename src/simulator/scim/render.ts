import type { Json, JsonObject } from "../../lib/json.ts";
import type { Directory, Entry } from "./directory.ts";
import type { Model } from "./model.ts";

/** What a representation holds beside the attributes. Members and groups cost time where there are many. */
export interface View {
  /** Base of all locations, `http://127.0.0.1:1234/scim/v2`. */
  readonly baseUrl: string;
  readonly members: boolean;
  readonly groups: boolean;
}

/** The representation of a resource (RFC 7643 §3), without what is never returned. */
export function render(entry: Entry, model: Model, directory: Directory, view: View): JsonObject {
  const schemas = [model.core.id];
  for (const { id } of model.extensions) if (Object.hasOwn(entry.attributes, id)) schemas.push(id);
  const resource: { [name: string]: Json } = { schemas, id: entry.id };
  for (const [name, value] of Object.entries(entry.attributes)) if (name !== "password") resource[name] = value;
  if (view.members && entry.members.size > 0) resource["members"] = renderMembers(entry, directory, view.baseUrl);
  if (view.groups && entry.type === "User") {
    const groups = directory.groupsOf(entry.id);
    if (groups.length > 0) resource["groups"] = groups.map((group) => renderGroup(group, view.baseUrl));
  }
  resource["meta"] = {
    resourceType: entry.type,
    created: new Date(entry.createdAt).toISOString(),
    lastModified: new Date(entry.modifiedAt).toISOString(),
    location: location(entry, view.baseUrl),
    version: entityTag(entry),
  };
  return resource;
}

export function location(entry: Entry, baseUrl: string): string {
  return `${baseUrl}/${entry.type}s/${entry.id}`;
}

/** Weak, as two answers of one version may name other groups (RFC 7644 §3.14). */
export function entityTag(entry: Entry): string {
  return `W/"${entry.version}"`;
}

function renderMembers(group: Entry, directory: Directory, baseUrl: string): readonly Json[] {
  const members: Json[] = [];
  for (const value of group.members) {
    const type = directory.get("User", value) ? "User" : "Group";
    members.push({ value, $ref: `${baseUrl}/${type}s/${value}`, type });
  }
  return members;
}

function renderGroup(group: Entry, baseUrl: string): Json {
  const display = group.attributes["displayName"];
  const name = typeof display === "string" ? { display } : {};
  return { value: group.id, $ref: location(group, baseUrl), ...name, type: "direct" };
}
