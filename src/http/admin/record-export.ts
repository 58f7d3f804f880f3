import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Page, RecordView } from "../../store/store.ts";
import { idParams, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { headingLine, type Names, recordLines } from "./record-csv.ts";
import { recordFilters, taskRecordFilters, toRecordSearch, toTaskRecordQuery } from "./record-query.ts";
import { toRecordView } from "./records.ts";
import { findTask } from "./tasks.ts";

/** Records that are read at a time. The next ones are read when these are on their way. */
const pageSize = 500;

/** Records as files: of a task, or all that a search finds. However many they are, a page is in memory. */
export function makeRecordExport({ store }: AdminParts) {
  return new OpenAPIHono()
    .openapi(exportRecords, async (c) => {
      const query = { ...(await toRecordSearch(store, c.req.valid("query"))), limit: pageSize };
      return answer(c, c.req.valid("query"), (cursor) => store.searchRecords({ ...query, ...cursor }));
    })
    .openapi(exportTaskRecords, async (c) => {
      const task = await findTask(store, c.req.valid("param").id);
      const query = { ...(await toTaskRecordQuery(store, c.req.valid("query"))), limit: pageSize };
      return answer(c, c.req.valid("query"), (cursor) => store.listRecords(task.id, { ...query, ...cursor }));
    });

  async function answer(c: Context, { format, bom }: ExportForm, read: ReadPage): Promise<Response> {
    const { type, heading, lines } = formats[format](await namesIn(store));
    const start = `${bom === "true" ? "\ufeff" : ""}${heading}`;
    return c.body(streamPages(start, read, lines), 200, {
      "Content-Type": type,
      "Content-Disposition": `attachment; filename="records.${format}"`,
    });
  }
}

type ReadPage = (cursor: { readonly cursor?: string }) => Promise<Page<RecordView>>;

/** How a file of a format begins, and the lines of some records. */
interface Format {
  readonly type: string;
  readonly heading: string;
  readonly lines: (records: readonly RecordView[]) => string;
}

const formats: Readonly<Record<ExportForm["format"], (names: Names) => Format>> = {
  ndjson: () => ({
    type: "application/x-ndjson",
    heading: "",
    lines: (records) => records.map((record) => `${JSON.stringify(toRecordView(record))}\n`).join(""),
  }),
  csv: (names) => ({
    type: "text/csv; charset=utf-8; header=present",
    heading: headingLine(),
    lines: (records) => recordLines(records, names),
  }),
};

/** A page is read when whoever reads has taken the one before. An error ends the connection before its end. */
function streamPages(start: string, read: ReadPage, lines: Format["lines"]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor: { readonly cursor?: string } = {};
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      const { items, nextCursor } = await read(cursor);
      const text = `${begun ? "" : start}${lines(items)}`;
      begun = true;
      if (text !== "") controller.enqueue(encoder.encode(text));
      if (nextCursor === null) controller.close();
      else cursor = { cursor: nextCursor };
    },
  });
}

async function namesIn(store: AdminParts["store"]): Promise<Names> {
  const [sources, targets] = await Promise.all([store.listSources(), store.listTargets()]);
  return new Map([...sources, ...targets].map(({ id, name }) => [id, name]));
}

const form = {
  format: z.enum(["ndjson", "csv"]),
  bom: z.enum(["true", "false"]).default("false").openapi({
    description: "Begins with a byte order mark, by which Excel knows UTF-8.",
  }),
};

const exportForm = z.object(form);
type ExportForm = z.output<typeof exportForm>;

const files = {
  description:
    "The records: one JSON object a line, or one line for each attribute of a record, in which `'` stands before what a " +
    "spreadsheet would take for a formula. Of the members of a group the first hundred, and how many.",
  content: {
    "application/x-ndjson": { schema: z.string() },
    "text/csv": { schema: z.string() },
  },
};

const exportRecords = createRoute({
  method: "get",
  path: "/records/export",
  operationId: "exportRecords",
  summary: "All records that a search finds, as a file, newest first.",
  tags: ["Records"],
  request: { query: recordFilters.extend(form) },
  responses: { 200: files, ...refusals(400) },
});

const exportTaskRecords = createRoute({
  method: "get",
  path: "/sync-tasks/{id}/records/export",
  operationId: "exportTaskRecords",
  summary: "The records of a task as a file.",
  tags: ["Sync tasks"],
  request: { params: idParams, query: taskRecordFilters.extend(form) },
  responses: { 200: files, ...refusals(400, 404) },
});
