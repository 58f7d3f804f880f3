import { Hono } from "hono";
import { html, raw } from "hono/html";
import type { Corp } from "./corp.ts";
import type { DepartmentEntry } from "./directory.ts";
import type { RawMember } from "./model.ts";

const pageSize = 100;

/** `/`: a page to look at the corps with, departments and members by the hundred. Shows no secrets. */
export function corpPage(corps: readonly Corp[]): Hono {
  const app = new Hono();
  app.get("/", (c) => {
    const asked = c.req.query("corp");
    const corp = corps.find(({ credentials }) => credentials.corpId === asked) ?? corps[0];
    if (!corp) return c.notFound();
    const { directory, credentials } = corp;
    const department = directory.departments.get(Number(c.req.query("department") ?? 1)) ?? directory.department(1);
    const page = Math.max(0, Math.floor(Number(c.req.query("page") ?? 0)) || 0);
    const link = (id: number, at = 0) => `/?corp=${encodeURIComponent(credentials.corpId)}&department=${id}&page=${at}`;
    const members = [...department.members].slice(page * pageSize, (page + 1) * pageSize).map((entry) => entry.raw);
    const children = [...department.children].slice(page * pageSize, (page + 1) * pageSize);
    const pages = Math.ceil(Math.max(department.members.size, department.children.size) / pageSize);
    return c.html(html`<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>WeCom simulator</title><style>${raw(style)}</style></head><body>
<h1>WeCom simulator</h1>
<nav>${corps.map(({ credentials: { corpId } }) => html`<a href="/?corp=${encodeURIComponent(corpId)}">${corpId}</a> `)}</nav>
<p>${directory.members.size} members, ${directory.departments.size} departments, ${directory.tags.size} tags.
 Control: <code>/_control/${credentials.corpId}/</code></p>
<h2>${above(corp, department).map((up) => html`<a href="${link(up.id)}">${up.name}</a> / `)}${department.name} (${department.id})</h2>
<ul>${children.map(({ id, name, members: within }) => html`<li><a href="${link(id)}">${name}</a> (${id}), ${within.size}</li>`)}</ul>
<table><tr><th>userid</th><th>name</th><th>position</th><th>status</th><th>department</th><th>mobile</th><th>email</th></tr>
${members.map(row)}</table>
<p>${page > 0 ? html`<a href="${link(department.id, page - 1)}">previous</a> ` : ""}${
      page + 1 < pages ? html`<a href="${link(department.id, page + 1)}">next</a>` : ""
    }</p></body></html>`);
  });
  return app;
}

function row(member: RawMember) {
  const { userid, name, position = "", status, department, mobile = "", email = "" } = member;
  return html`<tr><td>${userid}</td><td>${name}</td><td>${position}</td><td>${statuses.get(status) ?? status}</td><td>${department.join(", ")}</td><td>${mobile}</td><td>${email}</td></tr>
`;
}

/** From the root down to the parent. */
function above({ directory }: Corp, department: DepartmentEntry): readonly DepartmentEntry[] {
  const path: DepartmentEntry[] = [];
  for (let up = directory.departments.get(department.parentid); up; up = directory.departments.get(up.parentid)) {
    path.unshift(up);
  }
  return path;
}

const statuses = new Map<number, string>([
  [1, "1 activated"],
  [2, "2 disabled"],
  [4, "4 not activated"],
  [5, "5 left"],
]);

const style =
  "body{font:14px system-ui,sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:2px 8px;text-align:left}";
