import type { Transaction } from "kysely";
import type { JsonObject } from "../lib/json.ts";
import type { AttributeChange } from "../plan/change.ts";
import { isActive, textOf } from "../scim/document.ts";
import { diffDocuments } from "../scim/document-diff.ts";
import type { Database } from "./database.ts";
import type { AdministratorAuthor, DirectoryAction, DirectoryAuthor, MembersChange, WritableRow } from "./store.ts";
import type { Tables } from "./tables.ts";

/** How many members a record names at most. */
const namedMembers = 1000;

/** What became of one resource in a transaction. */
interface Note {
  readonly row: Pick<WritableRow, "id" | "type" | "sourceId">;
  /** Null: it was not there. */
  readonly before: JsonObject | null;
  /** Null: it is gone. */
  after: JsonObject | null;
  readonly added: Set<string>;
  readonly removed: Set<string>;
}

/**
 * Collects what a transaction does to our own directory, and writes it down at its end: one record for each resource, who
 * did it, and what is different.
 */
export class DirectoryNotes {
  readonly #notes = new Map<string, Note>();
  /** Rows as this transaction has read them, or written them last. */
  readonly #known = new Map<string, WritableRow>();

  see<Row extends WritableRow | null>(row: Row): Row {
    if (row !== null) this.#known.set(row.id, row);
    return row;
  }

  /** What is known of a row, if it was read here. */
  knownRow(id: string): WritableRow | null {
    return this.#known.get(id) ?? null;
  }

  created(row: WritableRow): void {
    this.see(row);
    this.#notes.set(row.id, { row, before: null, after: documentOf(row), added: new Set(), removed: new Set() });
  }

  /** @param row as it was before */
  changed(row: WritableRow, after: JsonObject | null): void {
    this.#of(row).after = after;
  }

  members(row: WritableRow, added: readonly string[], removed: readonly string[]): void {
    if (added.length + removed.length === 0) return;
    const note = this.#of(row);
    for (const id of added) if (!note.removed.delete(id)) note.added.add(id);
    for (const id of removed) if (!note.added.delete(id)) note.removed.add(id);
  }

  async save(
    database: Database,
    trx: Transaction<Tables>,
    author: DirectoryAuthor | AdministratorAuthor | null,
    now: number,
  ): Promise<void> {
    const rows = [...this.#notes.values()].flatMap((note) => {
      const changes = changesOf(note);
      if (changes.length === 0) return [];
      const shown = note.after ?? note.before ?? {};
      return {
        ...{ at: now, client_id: author?.id ?? null, client_name: author?.name ?? null },
        ...{ source_id: note.row.sourceId, resource_type: note.row.type, resource_id: note.row.id },
        external_id: textOf(shown, "externalId"),
        display_name: textOf(shown, "displayName") ?? textOf(shown, "userName"),
        action: actionOf(note),
        changes: JSON.stringify(changes),
      };
    });
    if (rows.length > 0) await database.upsert(trx, { table: "directory_record", rows });
  }

  #of(row: WritableRow): Note {
    const there = this.#notes.get(row.id);
    if (there !== undefined) return there;
    const document = documentOf(row);
    const note: Note = { row, before: document, after: document, added: new Set(), removed: new Set() };
    this.#notes.set(row.id, note);
    return note;
  }
}

function documentOf({ document }: WritableRow): JsonObject {
  return JSON.parse(document) as JsonObject;
}

function changesOf({ before, after, added, removed }: Note): readonly (AttributeChange | MembersChange)[] {
  const attributes = before === after ? [] : diffDocuments(before, after);
  if (added.size + removed.size === 0) return attributes;
  const some = (ids: ReadonlySet<string>): readonly string[] => [...ids].slice(0, namedMembers);
  const members: MembersChange = {
    attribute: "members",
    ...{ added: some(added), removed: some(removed), addedCount: added.size, removedCount: removed.size },
  };
  return [...attributes, members];
}

function actionOf({ row, before, after }: Note): DirectoryAction {
  if (before === null) return "create";
  if (after === null) return "delete";
  if (row.type === "Group" || isActive(before) === isActive(after)) return "update";
  return isActive(after) ? "reactivate" : "deactivate";
}
