import { canonicalJson, isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { parseAttributeKey } from "../mapping/attribute-key.ts";
import { carryOver } from "../mapping/carry-over.ts";
import type { CompiledMapping, Mapped, SourceContext } from "../mapping/mapping.ts";
import type { RecordInput } from "../mapping/run-tests.ts";
import { classify, isOtherIdentity } from "../plan/classify.ts";
import { managerOf, storable, textOf, withManager, withSchemas } from "../scim/document.ts";
import { sameDocument } from "../scim/document-diff.ts";
import type { ResourceType } from "../scim/resource.ts";
import type { RecordKind, SourceRecord } from "../source/source.ts";
import { type CurrentResource, type DirectoryChange, type DirtyRecord, undoneMark } from "../store/store.ts";
import type { RecordSurroundings } from "./prepare-record.ts";

/** What mapping a record needs beside it. */
export interface MappingSurroundings extends RecordSurroundings {
  readonly mapping: CompiledMapping;
  /** {@link CompiledMapping.version} with everything else that shapes what it yields. */
  readonly mappingVersion: string;
  readonly source: SourceContext;
}

/** What became of one record that had to be looked at. */
export type Looked =
  | { readonly kind: "change"; readonly change: DirectoryChange }
  /** Nothing differs: only that it was looked at is to be noted. */
  | { readonly kind: "same"; readonly id: string; readonly fingerprint: string };

/** Maps a record of any kind with what surrounds it. */
export function mapInput(mapping: CompiledMapping, input: RecordInput): Mapped {
  switch (input.kind) {
    case "user":
      return mapping.mapUser(input.input);
    case "department":
      return mapping.mapDepartment(input.input);
    case "tag":
      return mapping.mapTag(input.input);
  }
}

/** A record with what surrounds it, as mappings take it. */
export function inputOf(
  record: SourceRecord,
  { source, departments, tags }: RecordSurroundings & Pick<MappingSurroundings, "source">,
): RecordInput {
  switch (record.kind) {
    case "user": {
      const { mainDepartment: main } = record;
      const input = {
        user: record,
        departments: record.departments.flatMap((key) => departments.get(key) ?? []),
        mainDepartment: (main === null ? null : departments.get(main)) ?? null,
        tags: tags.of(record),
        source,
      };
      return { kind: "user", input };
    }
    case "department": {
      const { key, name, leaders } = record;
      const alone = { key, name, path: name, parent: null, leaders };
      return { kind: "department", input: { department: record, context: departments.get(key) ?? alone, source } };
    }
    case "tag":
      return { kind: "tag", input: { tag: record, source } };
  }
}

/** The key of the source user whom a mapped document names as manager; the mapping passes WeCom's spelling on. */
export function managerKeyOf(mapped: Mapped): string | null {
  return managerOf(mapped.document)?.toLowerCase() ?? null;
}

/**
 * Compares what a record maps to with what the directory has. A record that does not map is held at its last good
 * state and reported, never removed.
 *
 * @param managerId our id of the manager; null while he is not known
 */
export function lookAt(
  kind: RecordKind,
  { record, current }: DirtyRecord,
  mapped: Mapped,
  managerId: string | null,
  mappingVersion: string,
): Looked {
  const type: ResourceType = kind === "user" ? "User" : "Group";
  const held = current === null || current.deleted ? null : current.document;
  const base = {
    kind,
    key: record.key,
    resourceType: type,
    resourceId: record.resourceId,
    baseVersion: current?.version ?? 0,
    fingerprint: record.fingerprint,
    mappingVersion,
    managerKey: managerKeyOf(mapped),
    changesIdentity: false,
  };
  if (mapped.problems.length > 0) {
    const change: DirectoryChange = {
      ...base,
      action: held === null ? "create" : "update",
      status: "failed",
      error: mapped.problems.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; "),
      externalId: current?.externalId ?? record.key,
      displayName: current?.displayName ?? null,
      before: null,
      after: null,
      sources: null,
      because: "the mapping file does not yield a complete resource for this record",
    };
    return { kind: "change", change };
  }
  const make = (before: JsonObject | null) =>
    storable(withSchemas(type, withManager(carryOver(mapped, before), managerId)));
  const whole = mapped.keep.length === 0 && mapped.createOnly.length === 0 ? make(null) : null;
  const same: Looked | null =
    current === null || current.departed ? null : { kind: "same", id: current.id, fingerprint: record.fingerprint };
  // What carries nothing over is mostly known by its text already: there is no need to parse what is there.
  if (same !== null && held !== null && whole?.text === held) return same;
  const before = held === null ? null : (JSON.parse(held) as JsonObject);
  const after = (whole ?? make(before)).document;
  if (same !== null && before !== null && sameDocument(before, after)) return same;
  return {
    kind: "change",
    change: {
      ...base,
      action: type === "User" ? classify(before, after) : before === null ? "create" : "update",
      status: "planned",
      error: null,
      externalId: textOf(after, "externalId"),
      displayName: textOf(after, "displayName"),
      before,
      after,
      sources: mapped.sources,
      because: explain(before, current, record.fingerprint, mappingVersion) + explainConsent(mapped, before, after),
      warnings: mapped.warnings.map(({ pointer, detail }) => `${pointer}: ${detail}`),
      // Who has left, and who comes for the first time, was mapped by nothing before.
      changesIdentity:
        before !== null &&
        typeof current?.mappingVersion === "string" &&
        current.mappingVersion !== mappingVersion &&
        isOtherIdentity(type, before, after),
    },
  };
}

/** Which of the attributes that differ were given by consent, or go with it. */
function explainConsent({ consent }: Mapped, before: JsonObject | null, after: JsonObject): string {
  const of = (what: string, paths: readonly string[]): string => {
    const differing = paths.filter((path) => !isSame(attributeIn(before, path), attributeIn(after, path)));
    return differing.length === 0 ? "" : `; ${what}: ${[...new Set(differing)].join(", ")}`;
  };
  return consent === undefined
    ? ""
    : of("by consent", consent.given) + of("consent withdrawn", before === null ? [] : consent.withdrawn);
}

/** The attribute, or the whole extension, that a path leads into. */
function attributeIn(document: JsonObject | null, path: string): Json | undefined {
  if (document === null) return undefined;
  const { schema, name } = parseAttributeKey(path);
  const within = schema === null ? document : member(document, schema);
  return isJsonObject(within) ? member(within, name) : undefined;
}

function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return one === undefined || other === undefined ? one === other : canonicalJson(one) === canonicalJson(other);
}

function explain(
  before: JsonObject | null,
  current: CurrentResource | null,
  fingerprint: string,
  mappingVersion: string,
): string {
  if (before === null) return current?.deleted === true ? "it is back in the source" : "new in the source";
  if (current?.departed === true) return "this person is back in the source";
  if (current?.mappingVersion === undoneMark) return "what an undo kept ends: the source's word counts again";
  const [sameRecord, sameMapping] = [current?.fingerprint === fingerprint, current?.mappingVersion === mappingVersion];
  if (sameRecord && !sameMapping)
    return "the mapping changed, or what the source's settings and credentials let it see";
  return sameMapping ? "the source's record changed" : "the source's record and the mapping changed";
}

/**
 * The removal of somebody (or something) that is not in the source any more.
 *
 * @param keepsRecord the source still has it, and the mapping makes nothing of it
 */
export function departure(
  kind: RecordKind,
  current: CurrentResource,
  because: string,
  { keepsRecord = false }: { readonly keepsRecord?: boolean } = {},
): DirectoryChange {
  const type: ResourceType = kind === "user" ? "User" : "Group";
  const before = JSON.parse(current.document) as JsonObject;
  return {
    kind,
    key: current.key,
    resourceType: type,
    resourceId: current.id,
    action: type === "User" ? "deactivate" : "delete",
    status: "planned",
    error: null,
    externalId: current.externalId,
    displayName: current.displayName,
    before,
    after: type === "User" ? { ...before, active: false } : before,
    sources: null,
    because: `${kind} ${current.key}: ${because}`,
    baseVersion: current.version,
    fingerprint: null,
    mappingVersion: null,
    managerKey: null,
    changesIdentity: false,
    ...(keepsRecord && { keepsRecord }),
  };
}
