import type { JsonObject } from "../lib/json.ts";
import type { AttributeChange } from "../plan/change.ts";
import { diffDocuments } from "../scim/document-diff.ts";
import type { Database } from "./database.ts";
import { attributeChanges, tasksOf } from "./record-views.ts";
import type { HistoryReader, LinkState, MembersChange, RecordTask, ValueWrite, WrittenValue } from "./store.ts";
import { linkState } from "./summaries.ts";

/** Records of one resource that are looked through at most: of a group that changes each hour, those of three months. */
const mostRecords = 2500;
const pageSize = 100;

const bySync = { by: "sync", client: null, administrator: null } as const;

/** Where a value stands: null is our own directory. */
type Place = string | null;

interface Held {
  readonly place: Place;
  readonly state: LinkState | null;
  readonly error: string | null;
  readonly document: JsonObject;
}

/** Which attribute has which value where, and which write it came with. */
export function makeValueHistory(database: Database): HistoryReader {
  const { db } = database;
  return {
    async readValues(id, { attribute, target }) {
      const resource = await db
        .selectFrom("resource")
        .select(["id", "type", "kind", "source_id", "external_id", "display_name", "document", "deleted_at"])
        .where("id", "=", id)
        .executeTakeFirst();
      if (resource === undefined) return null;
      const places = (await heldOf(id, resource.document)).filter(
        ({ place }) => target === undefined || place === target,
      );
      const found = new Map<string, WrittenValue>();
      for (const { place, state, error, document } of places) {
        const now = new Map(diffDocuments(null, document).map(({ attribute: name, after }) => [name, after]));
        // What was asked for by its name may have been cleared.
        for (const name of attribute === undefined ? now.keys() : [attribute]) {
          const value = now.get(name) ?? null;
          found.set(keyOf(place, name), { attribute: name, target: place, value, state, error, write: null });
        }
      }
      await findSyncs(id, found);
      await findWriters(id, found);
      return {
        ...{ id, resourceType: resource.type, kind: resource.kind, sourceId: resource.source_id },
        ...{ externalId: resource.external_id, displayName: resource.display_name },
        isDeleted: resource.deleted_at !== null,
        values: [...found.values()].toSorted(byAttribute),
      };
    },
  };

  async function heldOf(id: string, document: string): Promise<readonly Held[]> {
    const links = await db
      .selectFrom("link as l")
      .innerJoin("resource as x", "x.id", "l.resource_id")
      .where("l.resource_id", "=", id)
      .where("l.state", "<>", "unlinked")
      .orderBy("l.target_id")
      .select(["l.target_id", "l.held", "l.last_error", linkState.as("shown")])
      .execute();
    const parse = (text: string | null): JsonObject => JSON.parse(text ?? "{}") as JsonObject;
    return [
      { place: null, state: null, error: null, document: parse(document) },
      ...links.map((link) => ({
        ...{ place: link.target_id, state: link.shown, error: link.last_error, document: parse(link.held) },
      })),
    ];
  }

  /** Goes back through what syncs did, until every value is accounted for. */
  async function findSyncs(id: string, found: Map<string, WrittenValue>): Promise<void> {
    const open = new Set(found.keys());
    const tasks = new Map<string, RecordTask>();
    for (let before = Number.MAX_SAFE_INTEGER, read = 0; open.size > 0 && read < mostRecords; read += pageSize) {
      const rows = await db
        .selectFrom("change")
        .select(["seq", "task_id", "target_id", "action", "before", "after", "sources", "because", "created_at"])
        .where("resource_id", "=", id)
        .where("status", "=", "applied")
        .where((where) => where.or([where("before", "is not", null), where("after", "is not", null)]))
        .where("seq", "<", before)
        .orderBy("seq", "desc")
        .limit(pageSize)
        .execute();
      const unknown = rows.map((row) => row.task_id).filter((task) => !tasks.has(task));
      for (const [task, its] of await tasksOf(database, [...new Set(unknown)])) tasks.set(task, its);
      for (const row of rows) {
        const task = tasks.get(row.task_id);
        const shown = {
          ...{ at: row.created_at, record: String(row.seq), task: row.task_id, action: row.action },
          ...{ because: row.because, trigger: task?.trigger ?? null, mapping: task?.mapping ?? null },
        };
        for (const change of attributeChanges(row)) {
          const key = keyOf(row.target_id, change.attribute);
          if (open.delete(key)) note(found, key, { ...shown, ...valuesOf(change), ...bySync });
        }
      }
      if (rows.length < pageSize) return;
      before = rows.at(-1)?.seq ?? 0;
    }
  }

  /** The same of clients and administrators, who write to our own directory alone: where they were later, it is theirs. */
  async function findWriters(id: string, found: Map<string, WrittenValue>): Promise<void> {
    const open = new Set([...found].flatMap(([key, { target }]) => (target === null ? [key] : [])));
    for (let before = Number.MAX_SAFE_INTEGER, read = 0; open.size > 0 && read < mostRecords; read += pageSize) {
      const rows = await db
        .selectFrom("directory_record")
        .selectAll()
        .where("resource_id", "=", id)
        .where("seq", "<", before)
        .orderBy("seq", "desc")
        .limit(pageSize)
        .execute();
      for (const row of rows) {
        const client = row.client_id === null ? null : { id: row.client_id, name: row.client_name ?? "" };
        for (const change of JSON.parse(row.changes) as readonly (AttributeChange | MembersChange)[]) {
          if (!("after" in change)) continue;
          const key = keyOf(null, change.attribute);
          const at = Number(row.at);
          if (!open.delete(key) || at < (found.get(key)?.write?.at ?? 0)) continue;
          note(found, key, {
            ...{ at, record: String(row.seq), task: null, action: row.action, because: null },
            ...{ trigger: null, mapping: null, ...valuesOf(change) },
            ...{ by: client === null ? "administrator" : "client", client },
            administrator: client === null ? row.client_name : null,
          });
        }
      }
      if (rows.length < pageSize) return;
      before = rows.at(-1)?.seq ?? 0;
    }
  }
}

function keyOf(place: Place, attribute: string): string {
  return `${place ?? ""} ${attribute}`;
}

function note(found: Map<string, WrittenValue>, key: string, write: ValueWrite): void {
  const value = found.get(key);
  if (value !== undefined) found.set(key, { ...value, write });
}

function valuesOf({ before, source }: AttributeChange): Pick<ValueWrite, "before" | "source"> {
  return { before, ...(source !== undefined && { source }) };
}

function byAttribute(a: WrittenValue, b: WrittenValue): number {
  if (a.attribute !== b.attribute) return a.attribute < b.attribute ? -1 : 1;
  return (a.target ?? "") < (b.target ?? "") ? -1 : 1;
}
