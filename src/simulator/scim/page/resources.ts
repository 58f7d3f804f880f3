import { html } from "hono/html";
import { foldCase } from "../../../lib/fold.ts";
import { isJsonObject, type Json, member } from "../../../lib/json.ts";
import type { Directory, Entry } from "../directory.ts";
import type { Models, TypeName } from "../model.ts";
import { render } from "../render.ts";
import { enterpriseSchema } from "../schemas.ts";
import { layout, type Markup, paged, table } from "./layout.ts";

export interface ResourcePages {
  readonly directory: Directory;
  readonly models: Models;
}

/** The list of users, or of groups, with a search over names, externalId, e-mail addresses. */
export function listPage(
  { directory }: ResourcePages,
  type: TypeName,
  search: string,
  page: string | undefined,
): Markup {
  const wanted = foldCase(search.trim());
  const all = directory.list(type);
  const found =
    wanted === "" ? all : all.filter((entry) => searched(entry).some((text) => foldCase(text).includes(wanted)));
  const { items, links } = paged(found, page, wanted === "" ? {} : { q: search });
  const rows = items.map((entry) => (type === "User" ? userRow(entry, directory) : groupRow(entry)));
  const columns =
    type === "User" ? ["Name", "userName", "Title", "Active", "Groups"] : ["Name", "externalId", "Members"];
  const body = html`<form><input type="search" name="q" value="${search}" placeholder="Search" aria-label="Search"><button>Search</button></form>
${table(columns, rows, search ? "Nothing is found." : "Nothing has arrived yet.")}
${links}`;
  return layout(`${type}s`, body);
}

/** All about one user: groups, manager, the JSON as held. */
export function userPage({ directory, models }: ResourcePages, entry: Entry): Markup {
  const groups = directory.groupsOf(entry.id);
  const enterprise = member(entry.attributes, enterpriseSchema.id);
  const manager = isJsonObject(enterprise) ? enterprise["manager"] : undefined;
  const managerId = isJsonObject(manager) && typeof manager["value"] === "string" ? manager["value"] : undefined;
  const rows = groups.map((group) => groupRow(group));
  const body = html`<p class="soft">${textOf(entry, "userName")} · ${textOf(entry, "title")}</p>
${managerId === undefined ? "" : html`<p>Manager: ${linkTo(managerId, directory)}</p>`}
<h2>Groups (${groups.length})</h2>
${table(["Name", "externalId", "Members"], rows, "In no group.")}
${source(entry, { directory, models })}`;
  return layout(nameOf(entry), body);
}

/** All about one group: its members, the groups it is in, the JSON as held. */
export function groupPage({ directory, models }: ResourcePages, entry: Entry, page: string | undefined): Markup {
  const { items, links } = paged([...entry.members], page, {});
  const members = items.flatMap((id) => directory.find(id) ?? []);
  const rows = members.map((item) => [link(item), item.type, textOf(item, "externalId")]);
  const parents = directory.groupsOf(entry.id);
  const body = html`${parents.length === 0 ? "" : html`<p>In: ${parents.map((group) => html`${link(group)} `)}</p>`}
<h2>Members (${entry.members.size})</h2>
${table(["Name", "Type", "externalId"], rows, "No members.")}
${links}
${source(entry, { directory, models })}`;
  return layout(nameOf(entry), body);
}

export function missingPage(): Markup {
  return layout("Not here", html`<p>There is nothing with this id; it may have been deleted.</p>`);
}

function userRow(entry: Entry, directory: Directory): readonly (Markup | string)[] {
  const groups = directory.groupsOf(entry.id);
  const shown = groups.slice(0, 3).map((group) => html`${link(group)} `);
  const more = groups.length > 3 ? `and ${groups.length - 3} more` : "";
  const active = member(entry.attributes, "active");
  const state = typeof active === "boolean" ? (active ? "yes" : "no") : "";
  return [link(entry), textOf(entry, "userName"), textOf(entry, "title"), state, html`${shown}${more}`];
}

function groupRow(entry: Entry): readonly (Markup | string)[] {
  return [link(entry), textOf(entry, "externalId"), String(entry.members.size)];
}

function source(entry: Entry, { directory, models }: ResourcePages): Markup {
  const resource = render(entry, models[entry.type], directory, { baseUrl: "/scim/v2", members: false, groups: false });
  return html`<h2>As it is held</h2><pre>${JSON.stringify(resource, null, 2)}</pre>`;
}

function link(entry: Entry): Markup {
  return html`<a href="/${entry.type === "User" ? "users" : "groups"}/${encodeURIComponent(entry.id)}">${nameOf(entry)}</a>`;
}

function linkTo(id: string, directory: Directory): Markup | string {
  const entry = directory.find(id);
  return entry ? link(entry) : `${id} (not here)`;
}

function nameOf(entry: Entry): string {
  return textOf(entry, "displayName") || textOf(entry, "userName") || entry.id;
}

function textOf(entry: Entry, attribute: string): string {
  return text(member(entry.attributes, attribute));
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function searched(entry: Entry): readonly string[] {
  const emails = member(entry.attributes, "emails");
  const addresses = Array.isArray(emails)
    ? emails.map((email: Json) => (isJsonObject(email) ? text(email["value"]) : ""))
    : [];
  return [...["displayName", "userName", "externalId"].map((name) => textOf(entry, name)), entry.id, ...addresses];
}
