import SqliteDatabase from "better-sqlite3";
import { readInput } from "../lib/process.ts";

// What an impact cannot do without: each record of the source and its resource, read in pages and parsed. Nothing is
// mapped or compared.

const { file } = readInput<{ readonly file: string }>();
const db = new SqliteDatabase(file, { readonly: true });
const page = db.prepare(
  `select r.seq, r.raw, x.document from source_record r join resource x on x.id = r.resource_id
   where r.kind = 'user' and r.seq > ? order by r.seq limit 1000`,
);
const startedAt = performance.now();
const processorBefore = process.cpuUsage();
let users = 0;
for (let after = 0; ; ) {
  const rows = page.all(after) as { seq: number; raw: string; document: string }[];
  const last = rows.at(-1);
  if (last === undefined) break;
  after = last.seq;
  for (const { raw, document } of rows) if (JSON.parse(raw) && JSON.parse(document)) users += 1;
}
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(processorBefore);
process.stdout.write(JSON.stringify({ ms, processorMs: (user + system) / 1000, users }));
db.close();
