import { stringify } from "csv-stringify/sync";
import type { Json } from "../../lib/json.ts";
import type { RecordView } from "../../store/store.ts";
import { isoTime } from "./common.ts";

/** Names of sources and targets by their ids; who is not there any more is called by the id. */
export type Names = ReadonlyMap<string, string>;

type Change = RecordView["changes"][number];
type Cell = (record: RecordView, change: Change | null, names: Names) => string | null;

/** One line for each attribute of a record, and one for a record without any. */
const columns: Readonly<Record<string, Cell>> = {
  at: ({ at }) => isoTime(at),
  record: ({ id }) => id,
  task: ({ task }) => task,
  trigger: ({ trigger }) => trigger,
  source: ({ source }, _, names) => names.get(source ?? "") ?? source,
  target: ({ target }, _, names) => names.get(target ?? "") ?? target,
  resourceType: ({ resourceType }) => resourceType,
  resourceId: ({ resourceId }) => resourceId,
  externalId: ({ externalId }) => externalId,
  displayName: ({ displayName }) => displayName,
  action: ({ action }) => action,
  status: ({ status }) => status,
  attribute: (_, change) => change?.attribute ?? null,
  sourceValue: (_, change) => (change !== null && "source" in change ? textOf(change.source ?? null) : null),
  before: (_, change) => (change !== null && "before" in change ? textOf(change.before) : null),
  after: (_, change) => (change !== null && "after" in change ? textOf(change.after) : null),
  membersAdded: (_, change) => (change !== null && "addedCount" in change ? String(change.addedCount) : null),
  membersRemoved: (_, change) => (change !== null && "removedCount" in change ? String(change.removedCount) : null),
  because: ({ because }) => because,
  error: ({ error }) => error,
  mapping: ({ mapping }) => mapping?.name ?? null,
  mappingVersion: ({ mapping }) => (mapping === null ? null : String(mapping.version)),
};

/**
 * Lines of RFC 4180. What a spreadsheet would take for a formula gets a `'` before it, as it does when somebody types one
 * there: names and titles are other people's words, and the file is opened by an administrator.
 */
export function recordLines(records: readonly RecordView[], names: Names): string {
  const rows = records.flatMap((record) => {
    const changes = record.changes.length === 0 ? [null] : record.changes;
    return changes.map((change) => Object.values(columns).map((cell) => cell(record, change, names)));
  });
  return rows.length === 0 ? "" : stringify(rows, format);
}

/** The first line. */
export function headingLine(): string {
  return stringify([Object.keys(columns)], format);
}

const format = { record_delimiter: "\r\n", escape_formulas: true, quoted_match: /[\r\n]/ } as const;

/** Texts as they are, everything else as JSON; nothing for null. */
function textOf(value: Json): string | null {
  if (value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
