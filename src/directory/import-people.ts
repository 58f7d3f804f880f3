import { foldCase } from "../lib/fold.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import { managerOf, withSchemas } from "../scim/document.ts";
import { type AttributeDifference, diffDocuments } from "../scim/document-diff.ts";
import { patchOpSchema } from "../scim/messages.ts";
import { patchDocument } from "../scim/patch.ts";
import { enterpriseUserSchema } from "../scim/resource.ts";
import { ScimError } from "../scim/scim-error.ts";
import type { DirectoryWrite, DirectoryWriter, WritableRow } from "../store/store.ts";
import type { PersonRow } from "./csv/parsed-people.ts";
import type { DepartmentTree } from "./department-tree.ts";
import { departmentsWith, moveUser } from "./departments.ts";
import { atOnce, importDepartments, turn, whyNoDepartments } from "./import-departments.ts";
import { type ImportRules, makeImportRules } from "./import-rules.ts";
import { keepTree } from "./kept-tree.ts";

/** What an import did with one person, or would do. */
export interface ImportedPerson {
  /** Of the file. */
  readonly line: number;
  readonly userName: string;
  readonly action: "create" | "update" | "unchanged" | "refused";
  /** Null for somebody who is not there yet, in a preview. */
  readonly id: string | null;
  readonly changes: readonly AttributeDifference[];
  /** Why it was refused, or what could not be done of it. */
  readonly problem: string | null;
}

export interface ImportResult {
  readonly people: readonly ImportedPerson[];
  /** Paths of departments that were not there. */
  readonly newDepartments: readonly string[];
}

export interface ImportParts {
  readonly writer: DirectoryWriter;
  readonly catalog: () => SchemaCatalog;
}

/**
 * Brings people from a file into a custom source: who is not there is made, who is there gets what the file says, whoever
 * is not in the file stays as he is. A preview does all but write.
 */
export async function importPeople(
  parts: ImportParts,
  sourceId: string,
  rows: readonly PersonRow[],
  { apply }: { readonly apply: boolean },
): Promise<ImportResult> {
  const tree = keepTree(parts.writer, sourceId);
  const newDepartments = await importDepartments(tree, sourceId, rows, apply);
  const rules = makeImportRules(parts.writer, parts.catalog);
  try {
    const people: ImportedPerson[] = [];
    for (let from = 0; from < rows.length; from += atOnce) {
      const chunk = rows.slice(from, from + atOnce);
      const done = await tree.within((write, departments) =>
        importChunk({ ...parts, rules }, write, departments, sourceId, chunk, apply),
      );
      people.push(...done);
      await turn();
    }
    return { people: await setManagers({ ...parts, rules }, sourceId, rows, people, apply), newDepartments };
  } finally {
    // Of what went in before something failed too.
    await rules.leave();
  }
}

interface ChunkParts extends ImportParts {
  readonly rules: ImportRules;
}

async function importChunk(
  { catalog, rules }: ChunkParts,
  write: DirectoryWrite,
  tree: DepartmentTree,
  sourceId: string,
  rows: readonly PersonRow[],
  apply: boolean,
): Promise<readonly ImportedPerson[]> {
  const schemas = catalog();
  const touched: string[] = [];
  const people: ImportedPerson[] = [];
  for (const row of rows) {
    const existing = await write.findByUserName(foldCase(row.userName));
    const planned = planPerson(row, existing, sourceId, schemas);
    if ("problem" in planned) {
      people.push({ ...named(row, existing), action: "refused", changes: [], problem: planned.problem });
      continue;
    }
    const { document, changes, returns } = planned;
    const move = await planMove(write, tree, row, existing);
    let id = existing?.id ?? null;
    if (apply) {
      if (existing === null) {
        id = (await write.create({ type: "User", kind: "user", sourceId, document, rule: null })).id;
      } else if (changes.length > 0) {
        await write.change(existing.id, { document, rule: null, returns });
      }
      if (id !== null && move !== null) await moveUser(write, id, move.from, move.to);
      if (id !== null && (existing === null || changes.length > 0 || move !== null)) touched.push(id);
    }
    const isSame = changes.length === 0 && move === null;
    people.push({
      ...{ line: row.line, userName: row.userName, id, problem: null },
      action: existing === null ? "create" : isSame ? "unchanged" : "update",
      changes: move === null ? changes : [...changes, move.change],
    });
  }
  if (touched.length > 0) {
    await rules.join(write, touched);
    await write.noteChange(sourceId);
  }
  return people;
}

function named(row: PersonRow, existing: WritableRow | null) {
  return { line: row.line, userName: row.userName, id: existing?.id ?? null };
}

interface PlannedPerson {
  readonly document: JsonObject;
  readonly changes: readonly AttributeDifference[];
  /** He had left, and is back: never without a change. */
  readonly returns: boolean;
}

/** What becomes of a person's document, or why nothing can. */
function planPerson(
  row: PersonRow,
  existing: WritableRow | null,
  sourceId: string,
  catalog: SchemaCatalog,
): PlannedPerson | { readonly problem: string } {
  if (existing !== null && existing.sourceId !== sourceId) {
    return { problem: "its userName belongs to a person of another source" };
  }
  const problem = whyNoDepartments(row);
  if (problem !== null) return { problem };
  const current = existing === null ? null : (JSON.parse(existing.document) as JsonObject);
  const before = current ?? withSchemas("User", { userName: row.userName });
  const operations = [{ op: "replace", path: "userName", value: row.userName }, ...operationsOf(row)];
  try {
    const body = { schemas: [patchOpSchema], Operations: operations };
    const { document } = patchDocument(before, body, { type: "User", catalog });
    const made = "active" in document ? document : { ...document, active: true };
    const returns = existing?.departed === true && made["active"] !== false;
    const changes = diffDocuments(current, made);
    const isSaid = !returns || changes.some(({ attribute }) => attribute === "active");
    return { document: made, changes: isSaid ? changes : [...changes, returning], returns };
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    return { problem: error.message };
  }
}

/** Who has left counts as not active, whatever his document says. */
const returning: AttributeDifference = { attribute: "active", before: false, after: true };

/** What the file says, and nothing besides: the enterprise `department` too is what its own column says, if it has one. */
function operationsOf({ values }: PersonRow): readonly object[] {
  return values.map(({ path, value }) => operation(path, value)).filter((each) => each !== null);
}

/** An empty cell clears; that of a value chosen by its type takes the whole of it away. Nobody is active by an empty cell. */
function operation(path: string, value: Json | null): object | null {
  if (value !== null) return { op: "replace", path, value };
  if (path.toLowerCase() === "active") return null;
  return { op: "remove", path: path.replace(/\]\.value$/i, "]") };
}

/** The departments that a person comes from and goes to. */
interface Move {
  readonly from: readonly string[];
  /** Of those that are there: a preview makes none. */
  readonly to: readonly string[];
  /** The same by their paths. */
  readonly change: AttributeDifference;
}

/** What the file changes in where somebody is; null where that is nothing. The same in a preview and when it is done. */
async function planMove(
  write: DirectoryWrite,
  tree: DepartmentTree,
  { departments }: PersonRow,
  existing: WritableRow | null,
): Promise<Move | null> {
  if (departments === null) return null;
  const from = existing === null ? [] : await departmentsWith(write, tree, existing.id);
  const after = [...new Set(departments)];
  const to = new Set(after.flatMap((path) => tree.byPath.get(path)?.id ?? []));
  const stays = to.size === after.length && to.size === from.length && from.every((id) => to.has(id));
  if (stays) return null;
  const before = from.flatMap((id) => tree.all.get(id)?.displayName ?? []);
  return { from, to: [...to], change: { attribute: "departments", before: orNull(before), after: orNull(after) } };
}

/** As everywhere in what differs: what is not there is null. */
function orNull(paths: readonly string[]): readonly string[] | null {
  return paths.length === 0 ? null : paths;
}

/** Once everybody is there: a manager may stand below his people in the file. */
async function setManagers(
  { writer, catalog, rules }: ChunkParts,
  sourceId: string,
  rows: readonly PersonRow[],
  people: readonly ImportedPerson[],
  apply: boolean,
): Promise<readonly ImportedPerson[]> {
  if (rows.every(({ manager }) => manager === undefined)) return people;
  const inFile = new Set(rows.map(({ userName }) => foldCase(userName)));
  const result: ImportedPerson[] = [];
  for (let from = 0; from < rows.length; from += atOnce) {
    const chunk = await writer.writeDirectory(async (write) => {
      const done: ImportedPerson[] = [];
      for (const [index, row] of rows.slice(from, from + atOnce).entries()) {
        const person = people[from + index];
        if (person !== undefined) done.push(await setManager(write, row, person, inFile, catalog(), apply));
      }
      const touched = apply ? done.flatMap((person, index) => whoseManagerIsSet(person, people[from + index])) : [];
      if (touched.length > 0) {
        await rules.join(write, touched);
        await write.noteChange(sourceId);
      }
      return done;
    });
    result.push(...chunk);
  }
  return result;
}

function whoseManagerIsSet(person: ImportedPerson, before: ImportedPerson | undefined): readonly string[] {
  return person.id === null || person.changes === before?.changes ? [] : [person.id];
}

async function setManager(
  write: DirectoryWrite,
  { userName, manager }: PersonRow,
  person: ImportedPerson,
  inFile: ReadonlySet<string>,
  catalog: SchemaCatalog,
  apply: boolean,
): Promise<ImportedPerson> {
  if (manager === undefined || person.action === "refused") return person;
  if (manager !== null && foldCase(manager) === foldCase(userName)) {
    return { ...person, problem: "its manager is the person himself: the manager was left as it was" };
  }
  const found = manager === null ? null : await write.findByUserName(foldCase(manager));
  if (manager !== null && found === null && (apply || !inFile.has(foldCase(manager)))) {
    return { ...person, problem: "its manager is nobody's userName: the manager was left as it was" };
  }
  const row = person.id === null ? null : await write.find("User", person.id, "all");
  const current = row === null ? null : (JSON.parse(row.document) as JsonObject);
  const before = current === null ? null : managerOf(current);
  const after = found?.id ?? null;
  if (before === after && found !== null) return person;
  if (before === null && manager === null) return person;
  const change = { attribute: `${enterpriseUserSchema}:manager`, before, after: manager };
  const action = person.action === "unchanged" ? "update" : person.action;
  if (apply && row !== null && current !== null) {
    const path = `${enterpriseUserSchema}:manager`;
    const Operations = [after === null ? { op: "remove", path } : { op: "replace", path, value: { value: after } }];
    const { document } = patchDocument(current, { schemas: [patchOpSchema], Operations }, { type: "User", catalog });
    await write.change(row.id, { document, rule: null });
  }
  return { ...person, action, changes: [...person.changes, change] };
}
