import { createHash, randomUUID } from "node:crypto";
import SqliteDatabase from "better-sqlite3";
import { Pool } from "undici";
import { readInput } from "../lib/process.ts";

// Reading a WeCom corp, and nothing that could be left out: undici, JSON.parse and, with a file, a hash and an upsert.

interface Input {
  readonly url: string;
  readonly corpId: string;
  readonly appSecret: string;
  readonly concurrency: number;
  /** Where to store what is read; null to read alone. */
  readonly file: string | null;
}

interface Member {
  readonly userid: string;
  readonly name?: string;
  readonly status?: number;
  readonly department?: readonly number[];
}

const { url, corpId, appSecret, concurrency, file } = readInput<Input>();
const store = file === null ? null : openStore(file);
const startedAt = performance.now();
const processorBefore = process.cpuUsage();
const pool = new Pool(url, { connections: concurrency });
const { access_token } = await get<{ access_token: string }>(`gettoken?corpid=${corpId}&corpsecret=${appSecret}`);
const { department } = await get<{ department: readonly { id: number }[] }>(
  `department/list?access_token=${access_token}`,
);
const ids = department.map(({ id }) => id);
let members = 0;
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const { userlist } = await get<{ userlist: readonly Member[] }>(
        `user/list?access_token=${access_token}&department_id=${id}`,
      );
      members += userlist.length;
      store?.add(userlist);
    }
  }),
);
store?.close();
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(processorBefore);
process.stdout.write(
  JSON.stringify({ ms, processorMs: (user + system) / 1000, members, departments: department.length }),
);
await pool.close();

async function get<T>(path: string): Promise<T> {
  const { body } = await pool.request({ method: "GET", path: `/cgi-bin/${path}` });
  return (await body.json()) as T;
}

function openStore(name: string) {
  const db = new SqliteDatabase(name);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.exec(`
    create table person (id text primary key, key text not null unique, hash text not null, name_folded text,
      display_name text, active integer, raw text not null);
    create index person_name on person (name_folded);
    create index person_display on person (display_name);
    create index person_active on person (active);
    create table member (group_id integer not null, key text not null, primary key (group_id, key)) without rowid;
    create index member_of on member (key)`);
  const person = db.prepare(`insert into person values (?, ?, ?, ?, ?, ?, ?) on conflict (key) do update set
    hash = excluded.hash, name_folded = excluded.name_folded, display_name = excluded.display_name,
    active = excluded.active, raw = excluded.raw`);
  const edge = db.prepare("insert into member values (?, ?) on conflict do nothing");
  let waiting: Member[] = [];
  const flush = db.transaction((batch: readonly Member[]) => {
    for (const member of batch) {
      const raw = JSON.stringify(member);
      const hash = createHash("sha256").update(raw).digest("base64url");
      const { userid, name = "", status, department: groups = [] } = member;
      person.run(randomUUID(), userid, hash, name.toLowerCase(), name, status === 1 ? 1 : 0, raw);
      for (const id of groups) edge.run(id, userid);
    }
  });
  return {
    add(list: readonly Member[]) {
      waiting.push(...list);
      if (waiting.length < 1000) return;
      flush(waiting);
      waiting = [];
    },
    close() {
      flush(waiting);
      db.close();
    },
  };
}
