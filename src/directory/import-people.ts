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
import { setDepartments } from "./departments.ts";
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
    let id = existing?.id ?? null;
    let moved = false;
    if (apply) {
      if (existing === null) {
        const made = await write.create({ type: "User", kind: "user", sourceId, document, rule: null });
        id = made.id;
      } else if (changes.length > 0) {
        await write.change(existing.id, { document, rule: null, returns });
      }
      if (id !== null && row.departments !== null) moved = await setDepartments(write, tree, id, idsOf(tree, row));
      if (id !== null && (existing === null || changes.length > 0 || moved)) touched.push(id);
    } else if (existing !== null && row.departments !== null) {
      moved = await wouldMove(write, tree, existing.id, idsOf(tree, row), row);
    }
    const isSame = changes.length === 0 && !moved;
    people.push({
      ...{ line: row.line, userName: row.userName, id, problem: null },
      action: existing === null ? "create" : isSame ? "unchanged" : "update",
      changes: moved ? [...changes, departmentsChange(row)] : changes,
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

const departmentPath = `${enterpriseUserSchema}:department`;

function operationsOf({ values, departments }: PersonRow): readonly object[] {
  const said = values.map(({ path, value }) => operation(path, value));
  // The attribute follows the main department, unless the file has a column of its own for it.
  const isSaid = departments === null || values.some(({ path }) => path.toLowerCase() === departmentPath.toLowerCase());
  const main = departments?.[0]?.split("/").at(-1) ?? null;
  return [...said, ...(isSaid ? [] : [operation(departmentPath, main)])].filter((each) => each !== null);
}

/** An empty cell clears; that of a value chosen by its type takes the whole of it away. Nobody is active by an empty cell. */
function operation(path: string, value: Json | null): object | null {
  if (value !== null) return { op: "replace", path, value };
  if (path.toLowerCase() === "active") return null;
  return { op: "remove", path: path.replace(/\]\.value$/i, "]") };
}

function idsOf({ byPath }: DepartmentTree, { departments }: PersonRow): readonly string[] {
  return [...new Set((departments ?? []).flatMap((path) => byPath.get(path)?.id ?? []))];
}

async function wouldMove(
  write: DirectoryWrite,
  { all }: DepartmentTree,
  userId: string,
  wanted: readonly string[],
  { departments }: PersonRow,
): Promise<boolean> {
  const held = (await write.groupsWith(userId, "department")).filter((id) => all.has(id));
  const isNew = wanted.length < new Set(departments ?? []).size;
  return isNew || held.length !== wanted.length || held.some((id) => !wanted.includes(id));
}

function departmentsChange({ departments }: PersonRow): AttributeDifference {
  return { attribute: "departments", before: null, after: departments };
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
