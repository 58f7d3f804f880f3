import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import SqliteDatabase from "better-sqlite3";
import { Hono } from "hono";

// A SCIM endpoint that knows four questions and how to take a user: Hono and better-sqlite3 with the same users and the same check of the
// token, and nothing that could be left out. Arguments: the bridge's database, the token.

const [file = "", token = ""] = process.argv.slice(2);
const db = new SqliteDatabase(":memory:");
db.exec(`create table user (id text primary key, name text not null unique, display text, document text not null);
  create table membership (user_id text not null, group_id text not null, display text,
    primary key (user_id, group_id)) without rowid;
  create table client (hash text primary key)`);
db.prepare("attach ? as bridge").run(file);
db.exec(`insert into user select id, user_name_folded, display_name_folded,
    substr(document, 1, length(document) - 1) || ',"id":"' || id || '","meta":{"resourceType":"User","created":"'
      || created_at || '","lastModified":"' || last_modified_at || '","version":"' || version || '"}'
    from bridge.resource where type = 'User' and deleted_at is null;
  insert into membership select m.member_id, g.id, g.display_name from bridge.member m
    join bridge.resource g on g.id = m.group_id where m.member_type = 'User'`);
db.exec("detach bridge");
db.prepare("insert into client values (?)").run(hashOf(token));

const findClient = db.prepare<[string], { hash: string }>("select hash from client where hash = ?");
interface Row {
  readonly id: string;
  /** The resource without its last brace: its groups are still to come. */
  readonly document: string;
}

const byId = db.prepare<[string], Row>("select id, document from user where id = ?");
const byName = db.prepare<[string], Row>("select id, document from user where name = ?");
const page = db.prepare<[number, number], Row>("select id, document from user order by id limit ? offset ?");
const countAll = db.prepare<[], { total: number }>("select count(*) as total from user");
const byPart = db.prepare<[string, number, number], Row>(
  "select id, document from user where instr(display, ?) > 0 order by id limit ? offset ?",
);
const countByPart = db.prepare<[string], { total: number }>(
  "select count(*) as total from user where instr(display, ?) > 0",
);
const groupsOf = db.prepare<[string], { group_id: string; display: string }>(
  "select group_id, display from membership where user_id = ?",
);
const app = new Hono();
app.use(async (c, next) => {
  const given = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  if (findClient.get(hashOf(given)) === undefined) return c.body(null, 401);
  return next();
});
app.get("/Users/:id", (c) => {
  const row = byId.get(c.req.param("id"));
  return row ? scim(textOf(row)) : c.body(null, 404);
});
app.get("/Users", (c) => {
  const filter = c.req.query("filter") ?? "";
  const name = /^userName eq "(.*)"$/.exec(filter)?.[1];
  if (name !== undefined) {
    const row = byName.get(name.toLowerCase());
    return list(row ? 1 : 0, row ? [row] : []);
  }
  const [count, offset] = [Number(c.req.query("count") ?? 100), Number(c.req.query("startIndex") ?? 1) - 1];
  const part = /^displayName co "(.*)"$/.exec(filter)?.[1]?.toLowerCase();
  if (part === undefined) return list(countAll.get()?.total ?? 0, page.all(count, offset));
  return list(countByPart.get(part)?.total ?? 0, byPart.all(part, count, offset));
});
const insert = db.prepare<[string, string, string | null, string]>("insert into user values (?, ?, ?, ?)");
app.post("/Users", async (c) => {
  const body = (await c.req.json()) as { readonly userName: string; readonly displayName?: string };
  const id = randomUUID();
  const meta = { resourceType: "User", created: new Date(), lastModified: new Date(), version: "1" };
  const text = JSON.stringify({ ...body, id, meta });
  insert.run(id, body.userName.toLowerCase(), body.displayName?.toLowerCase() ?? null, text.slice(0, -1));
  return new Response(text, { status: 201, headers: { "content-type": "application/scim+json" } });
});
const server = createAdaptorServer({ fetch: app.fetch });
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);

function list(total: number, rows: readonly Row[]): Response {
  const resources = rows.map(textOf).join(",");
  return scim(`{"totalResults":${total},"itemsPerPage":${rows.length},"startIndex":1,"Resources":[${resources}]}`);
}

function textOf({ id, document }: Row): string {
  const groups = groupsOf.all(id).map(({ group_id: value, display }) => ({ value, display, type: "direct" }));
  return `${document},"groups":${JSON.stringify(groups)}}`;
}

function scim(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/scim+json" } });
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
