import { foldCase } from "../lib/fold.ts";
import { type Json, type JsonObject, member } from "../lib/json.ts";
import { carryOver } from "../mapping/carry-over.ts";
import { type Preview, previewInput } from "../mapping/preview.ts";
import type { MappingProgram } from "../mapping/program.ts";
import { withSchemas } from "../scim/document.ts";
import type { RecordKind, SourceRecord, SourceUser } from "../source/source.ts";
import type { DirectoryStore, RecordStore, SourceRow } from "../store/store.ts";
import { inputOf, mapRecord } from "./plan-record.ts";
import { readRecord } from "./prepare-record.ts";
import { readSurroundings } from "./surroundings.ts";

export type PreviewStore = Pick<RecordStore, "readRelations" | "readUnseenFields" | "findRecord"> &
  Pick<DirectoryStore, "readCurrent">;

/** A preview of somebody who is in the directory, or about to be. */
export interface StoredPreview extends Preview {
  /** What the directory has of him now; null where it has nothing. */
  readonly current: JsonObject | null;
}

/**
 * Shows what a mapping makes of a record as it was last read.
 *
 * @param key a userid in any case, or the id of a department or tag
 * @returns null when the last read of the source had no such record
 */
export async function previewStored(
  store: PreviewStore,
  row: SourceRow,
  program: MappingProgram,
  kind: RecordKind,
  key: string,
): Promise<StoredPreview | null> {
  const record = await store.findRecord(row.id, kind, kind === "user" ? foldCase(key) : key);
  if (record === null) return null;
  const around = await readSurroundings(store, row, program);
  const [found] = await store.readCurrent([record.resourceId]);
  const current = found === undefined || found.deleted ? null : (JSON.parse(found.document) as JsonObject);
  const preview = previewInput(program, inputOf(readRecord(kind, record), around));
  // What a rule leaves as it was is part of what the person will have.
  const kept = carryOver(mapRecord(kind, record, around), current);
  return { ...preview, resource: withSchemas(kind === "user" ? "User" : "Group", kept), current };
}

/** Shows what a mapping makes of a record that somebody pasted, with the departments and settings of a source. */
export async function previewPasted(
  store: PreviewStore,
  row: SourceRow,
  program: MappingProgram,
  kind: RecordKind,
  raw: JsonObject,
): Promise<Preview> {
  const around = await readSurroundings(store, row, program);
  return previewInput(program, inputOf(pasted[kind](raw), around));
}

/** WeCom's objects as records, as far as mappings look at them (the fields as in WeCom doc path/90196 and path/90208). */
const pasted: Readonly<Record<RecordKind, (raw: JsonObject) => SourceRecord>> = {
  user: (raw): SourceUser => ({
    kind: "user",
    key: "",
    raw,
    departments: keysOf(member(raw, "department")),
    mainDepartment: keyOf(member(raw, "main_department")),
    managers: [],
  }),
  department: (raw) => ({
    kind: "department",
    key: keyOf(member(raw, "id")) ?? "",
    raw,
    name: textOf(raw, "name"),
    parent: keyOf(member(raw, "parentid")),
    leaders: keysOf(member(raw, "department_leader")),
  }),
  tag: (raw) => ({
    kind: "tag",
    key: keyOf(member(raw, "tagid")) ?? "",
    raw,
    name: textOf(raw, "tagname"),
    users: [],
    departments: [],
  }),
};

function keysOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.flatMap((item: Json) => keyOf(item) ?? []) : [];
}

function keyOf(value: Json | undefined): string | null {
  return typeof value === "number" || typeof value === "string" ? String(value) : null;
}

function textOf(raw: JsonObject, name: string): string {
  const value = member(raw, name);
  return typeof value === "string" ? value : "";
}
