import { foldCase } from "../lib/fold.ts";
import { type Json, type JsonObject, member } from "../lib/json.ts";
import { carryOver } from "../mapping/carry-over.ts";
import { describeBlindness } from "../mapping/check-directory.ts";
import { type Preview, previewInput } from "../mapping/preview.ts";
import type { MappingProgram } from "../mapping/program.ts";
import type { RecordInput } from "../mapping/run-tests.ts";
import { withSchemas } from "../scim/document.ts";
import type { RecordKind, SourceRecord, SourceUser } from "../source/source.ts";
import type {
  DirectoryStore,
  GivenReader,
  Kept,
  KeptReader,
  KeptStore,
  RecordStore,
  SourceRow,
  SourceStore,
} from "../store/store.ts";
import { withConsent } from "./consent.ts";
import { keptVersionOf } from "./mapping-context.ts";
import { inputOf, mapInput } from "./plan-record.ts";
import { readRecord } from "./prepare-record.ts";
import { readSurroundings } from "./surroundings.ts";

export type PreviewStore = Pick<RecordStore, "readRelations" | "readUnseenFields" | "findRecord"> &
  Pick<DirectoryStore, "readCurrent"> &
  Pick<SourceStore, "findSource"> &
  Pick<GivenReader, "givenFields"> &
  Pick<KeptStore, "keptAmong"> &
  Pick<KeptReader, "findKept">;

/** What a mapping makes of one record of a source, or of one that could be. */
export interface PreviewQuestion {
  /** The mapping's name. */
  readonly mapping: string;
  /** The file as it would be; null for the mapping that is in force. */
  readonly text: string | null;
  /** Texts of extension schemas that are not in force yet, by their files' names. */
  readonly extensions: Readonly<Record<string, string>>;
  /** The source's id: its departments, tags and settings surround the record. */
  readonly source: string;
  readonly kind: RecordKind;
  /** Of a record as it was last read a userid in any case, or the id of a department or tag; else one as WeCom sends it. */
  readonly record: string | JsonObject;
}

/** A preview of somebody who is in the directory, or about to be. */
export interface StoredPreview extends Preview {
  /** What the directory has of him now; null where it has nothing, and for a record that somebody pasted. */
  readonly current: JsonObject | null;
  /** Set where the next sync would leave him as an undo left him, whatever this mapping makes of his record. */
  readonly kept: Kept | null;
}

export interface PreviewParts {
  readonly store: PreviewStore;
  /** A mapping in force, or compiled from a text. */
  readonly mappingOf: (
    name: string,
    text: string | null,
    extensions: Readonly<Record<string, string>>,
  ) => Promise<MappingProgram>;
}

/**
 * Shows what a mapping makes of a record among all that surrounds it. Takes long for a corp with many departments, and
 * with tags that name many people.
 *
 * @returns null when the last read of the source had no such record
 */
export async function previewOfSource(
  { store, mappingOf }: PreviewParts,
  { mapping, text, extensions, source, kind, record }: PreviewQuestion,
): Promise<StoredPreview | null> {
  const row = await store.findSource(source);
  if (row === null) return null;
  const program = await mappingOf(mapping, text, extensions);
  if (typeof record === "string") return previewStored(store, row, program, kind, record);
  const around = await readSurroundings(store, row, program, kind);
  const input = inputOf(pasted[kind](record), around);
  return { ...withBlindness(previewInput(program, input), program, input), current: null, kept: null };
}

/** With a warning for each attribute that can have no value, because the credentials are never shown what it is made from. */
function withBlindness(preview: Preview, program: MappingProgram, { kind, input }: RecordInput): Preview {
  const blind = (program.sections[kind]?.slots ?? []).flatMap(({ rule, pointer }) => {
    const detail = describeBlindness(rule, input.source.unseenFields);
    return detail === null ? [] : [{ pointer, detail }];
  });
  return blind.length === 0 ? preview : { ...preview, warnings: [...preview.warnings, ...blind] };
}

async function previewStored(
  store: PreviewStore,
  row: SourceRow,
  program: MappingProgram,
  kind: RecordKind,
  key: string,
): Promise<StoredPreview | null> {
  const record = await store.findRecord(row.id, kind, kind === "user" ? foldCase(key) : key);
  if (record === null) return null;
  const around = await readSurroundings(store, row, program, kind);
  const [found] = await store.readCurrent([record.resourceId]);
  const current = found === undefined || found.deleted ? null : (JSON.parse(found.document) as JsonObject);
  const given = await store.givenFields(row.id, kind === "user" ? [record.key] : []);
  const input = withConsent(inputOf(readRecord(kind, record), around), given.get(record.key));
  const preview = withBlindness(previewInput(program, input), program, input);
  // What a rule leaves as it was is part of what the person will have.
  const whole = carryOver(mapInput(program, input), current);
  const versions = [around.mappingVersion, keptVersionOf(around.mapping, around.source)];
  const isKept = (await store.keptAmong(row.id, versions, [record.resourceId])).size > 0;
  const kept = isKept ? await store.findKept(record.resourceId) : null;
  return { ...preview, resource: withSchemas(kind === "user" ? "User" : "Group", whole), current, kept };
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
