import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parse } from "csv-parse/sync";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, bearerTarget, makeAdminFixture, wecomSource } from "../../support/admin.ts";

let fixture: AdminFixture;
const get = (path: string) => fixture.request("GET", `/api/v1${path}`);
let taskId: string;
let sourceId: string;

beforeEach(async () => {
  fixture = await makeAdminFixture();
  sourceId = (await fixture.request("POST", "/api/v1/sources", wecomSource("corp"))).body.id;
  taskId = (await fixture.request("POST", "/api/v1/sources/corp/sync-tasks")).body.id;
});
afterEach(() => fixture.store.close());

async function addChange(more: object = {}): Promise<void> {
  const values = {
    ...{ task_id: taskId, source_id: sourceId, target_id: null, resource_type: "User", resource_id: "r-1" },
    ...{ external_id: "zhangsan", display_name: "张三", action: "update", status: "applied", error: null },
    ...{ because: "the source's record changed", before: '{"title":"经理"}', after: '{"title":"总监"}' },
    ...{ sources: '{"title":"总监"}', added_count: 0, removed_count: 0, base_version: 1 },
    ...{ created_at: fixture.clock.now, apply: null, leavers: 0, members_applied: 1 },
    ...more,
  } as const;
  await fixture.database.db
    .insertInto("change")
    .values(values as never)
    .execute();
}

describe("records across tasks", () => {
  it("are found by a person, with task, source, time and attribute by attribute", async () => {
    await addChange();
    await addChange({ resource_id: "r-2", external_id: "lisi", display_name: "李四" });
    const { body } = await get("/records?person=zhangsan");
    expect(body).toMatchObject({
      records: [
        {
          ...{ at: "2026-03-01T08:00:00.000Z", task: taskId, trigger: "manual", mapping: null, source: sourceId },
          ...{ resourceId: "r-1", target: null, action: "update", status: "applied" },
          changes: [{ attribute: "title", source: "总监", before: "经理", after: "总监" }],
        },
      ],
      nextCursor: null,
    });
    expect(
      (await get("/records?resourceId=r-2&source=corp&since=2026-03-01&until=2026-03-02")).body.records,
    ).toHaveLength(1);
    expect((await get("/records?since=2026-03-01T08:00:00.001Z")).body.records).toEqual([]);
    expect((await get("/records?q=lisi")).body.records).toMatchObject([{ externalId: "lisi" }]);
    expect((await get("/records?person=nobody")).body.records).toEqual([]);
  });

  it("page by page", async () => {
    for (let number = 0; number < 5; number += 1) await addChange({ external_id: `u${number}` });
    const first = (await get("/records?limit=3")).body;
    const second = (await get(`/records?limit=3&cursor=${first.nextCursor}`)).body;
    const names = [...first.records, ...second.records].map(({ externalId }) => externalId);
    expect(names).toEqual(["u4", "u3", "u2", "u1", "u0"]);
    expect(second.nextCursor).toBeNull();
  });

  it.each([
    ["target=nobody", "target", /no such target/],
    ["person=a&q=b", "q", /can't go with person/],
    ["person=%00", "person", /control characters/],
    ["since=yesterday", "since", /2026-03-01T08:00:00Z/],
    ["cursor=x", "cursor", /lead anywhere/],
    ["action=fire", "action", /./],
  ])("refuse %s and say why", async (query, parameter, detail) => {
    const { status, body } = await get(`/records?${query}`);
    expect([status, body.errors[0].parameter]).toEqual([400, parameter]);
    expect(body.errors[0].detail).toMatch(detail);
  });

  it("refuse a part of a name that fits too many people", async () => {
    await fixture.request("POST", "/api/v1/sources", { name: "partners", type: "custom" });
    const lines = Array.from({ length: 101 }, (_, number) => `same${number},Same ${number}`);
    const csv = `userName,displayName\n${lines.join("\n")}\n`;
    const imported = await fixture.app.request("/api/v1/sources/partners/import?mode=apply", {
      method: "POST",
      headers: { authorization: `Bearer ${fixture.adminToken}`, "content-type": "text/csv" },
      body: csv,
    });
    expect(imported.status).toBe(200);
    expect((await get("/records?q=same")).body.errors[0].detail).toMatch(/more than 100 people/);
    expect((await get("/records?q=same100")).status).toBe(200);
  });
});

describe("the history of a person", () => {
  it("is what a client wrote, by userName", async () => {
    await fixture.request("POST", "/api/v1/sources", { name: "partners", type: "custom" });
    const made = await fixture.request("POST", "/api/v1/sources/partners/users", { userName: "Ann", title: "a" });
    expect(made.status).toBe(201);
    const { body } = await get("/resources/ann/history?attribute=title");
    expect(body).toMatchObject({
      resource: { id: made.body.id, resourceType: "User", displayName: null, deleted: false },
      items: [
        {
          ...{ attribute: "title", target: null, value: "a", rules: [] },
          write: { at: "2026-03-01T08:00:00.000Z", by: "administrator", task: null, mapping: null, before: null },
        },
      ],
    });
    expect((await get("/resources/nobody/history")).status).toBe(404);
    expect((await get("/resources/ann/history?target=nobody")).status).toBe(400);
  });
});

describe("an export", () => {
  const dangerous = ["=1+1", "+8613800000000", "-2", "@SUM(A1)", "\tx", "\rx", "＝1", 'a "quoted", one', "two\nlines"];

  it("is CSV that no spreadsheet takes for formulas, a line for each attribute", async () => {
    const target = (await fixture.request("POST", "/api/v1/targets", bearerTarget("app"))).body.id;
    for (const text of dangerous) {
      await addChange({ target_id: target, display_name: text, after: JSON.stringify({ title: text, nickName: "n" }) });
    }
    await addChange({ before: null, after: null, status: "failed", error: "refused" });
    const { status, headers, text } = await get("/records/export?format=csv");
    expect([status, headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8; header=present"]);
    expect(headers.get("content-disposition")).toBe('attachment; filename="records.csv"');
    expect(text.startsWith("at,record,task,")).toBe(true);
    const rows = parse(text, { columns: true }) as Record<string, string>[];
    expect(rows).toHaveLength(dangerous.length * 2 + 1);
    for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r＝]/);
    const names = rows.filter(({ attribute }) => attribute === "title").map(({ after }) => after);
    expect(names.reverse()).toEqual([...dangerous.slice(0, 7).map((each) => `'${each}`), ...dangerous.slice(7)]);
    expect(rows[0]).toMatchObject({ status: "failed", error: "refused", attribute: "", source: "corp", target: "" });
    expect(rows[1]).toMatchObject({ target: "app", before: "经理", sourceValue: "总监" });
    // RFC 4180: line breaks in quotes, lines that end with CRLF.
    expect(text.replace(/"(?:[^"]|"")*"/g, "").replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  it("begins with a byte order mark only when asked", async () => {
    const bytes = async (query: string) =>
      Buffer.from(
        await (
          await fixture.app.request(`/api/v1/records/export?${query}`, {
            headers: { authorization: `Bearer ${fixture.adminToken}` },
          })
        ).arrayBuffer(),
      );
    expect((await bytes("format=csv&bom=true")).subarray(0, 5).toString("hex")).toBe("efbbbf6174");
    expect((await bytes("format=csv")).subarray(0, 2).toString()).toBe("at");
    expect((await bytes("format=ndjson")).toString()).toBe("");
  });

  it("is NDJSON of the same records, of a search or of a task", async () => {
    for (let number = 0; number < 1201; number += 1) await addChange({ external_id: `u${number}` });
    const lines = (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).externalId);
    const all = lines((await get("/records/export?format=ndjson")).text);
    expect([all.length, all[0], all[1200]]).toEqual([1201, "u1200", "u0"]);
    expect(lines((await get("/records/export?format=ndjson&externalId=u7")).text)).toEqual(["u7"]);
    const ofTask = await get(`/sync-tasks/${taskId}/records/export?format=ndjson&q=u120`);
    expect(lines(ofTask.text)).toEqual(["u120", "u1200"]);
    const whole = await get(`/sync-tasks/${taskId}/records/export?format=ndjson`);
    const [first] = (await get(`/sync-tasks/${taskId}/records?limit=1`)).body.records;
    expect(JSON.parse(whole.text.split("\n")[0] ?? "")).toEqual(first);
  });

  it("reads on only as it is read", async () => {
    for (let number = 0; number < 3000; number += 1) await addChange({ external_id: `u${number}` });
    let pages = 0;
    const counting = await makeAdminFixture({
      store: {
        ...fixture.store,
        searchRecords: (query) => {
          pages += 1;
          return fixture.store.searchRecords(query);
        },
      },
    });
    const response = await counting.app.request("/api/v1/records/export?format=ndjson", {
      headers: { authorization: `Bearer ${counting.adminToken}` },
    });
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pages).toBeLessThanOrEqual(2);
    await reader?.cancel();
    expect(pages).toBeLessThanOrEqual(3);
    await counting.store.close();
  });

  it("takes no more memory the longer it is", async () => {
    const text = (word: string) => `'{"title":"' || n || '${word.repeat(150)}"}'`;
    await sql
      .raw(`insert into change (task_id, target_id, source_id, resource_type, resource_id, external_id, display_name,
          action, status, error, because, before, after, sources, apply, leavers, members_applied, added_count,
          removed_count, base_version, created_at)
        with recursive c(n) as (select 1 union all select n + 1 from c where n < 60000)
        select '${taskId}', null, '${sourceId}', 'User', 'r-' || n, 'u' || n, 'User', 'update', 'applied', null, 'b',
          ${text("before ")}, ${text("after ")}, null, null, 0, 1, 0, 0, 1, 1 from c`)
      .execute(fixture.database.db);
    const response = await fixture.app.request("/api/v1/records/export?format=ndjson", {
      headers: { authorization: `Bearer ${fixture.adminToken}` },
    });
    const reader = response.body?.getReader();
    let bytes = 0;
    let most = 0;
    const before = heldBytes();
    for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
      const tens = Math.floor(bytes / 10_000_000);
      bytes += read.value.length;
      if (Math.floor(bytes / 10_000_000) > tens) most = Math.max(most, heldBytes() - before);
    }
    expect(bytes).toBeGreaterThan(120_000_000);
    expect(most).toBeLessThan(20_000_000);
  }, 120_000);

  it("refuses what is no format", async () => {
    expect((await get("/records/export?format=xlsx")).body.errors[0].parameter).toBe("format");
    expect((await get("/records/export")).status).toBe(400);
  });
});

/** What is in use on the heap once all garbage is gone. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
