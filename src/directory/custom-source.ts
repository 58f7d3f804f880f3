import type { SchemaCatalog } from "../scim/catalog.ts";
import { ScimError } from "../scim/scim-error.ts";
import type { DirectoryWrite, DirectoryWriter } from "../store/store.ts";
import type { PersonRow } from "./csv/parsed-people.ts";
import type { CustomDepartment } from "./department-tree.ts";
import {
  changeDepartment,
  createDepartment,
  type DepartmentForm,
  readDepartments,
  removeDepartment,
  setDepartments,
} from "./departments.ts";
import { type ImportResult, importPeople } from "./import-people.ts";
import { settleRules } from "./rules.ts";

/**
 * The departments of a custom source, and files of people for it. The people themselves are written as SCIM has it
 * (writing.ts).
 *
 * @throws {ScimError} 404 for what is not of this source, 400 and 409 as `departments.ts` says
 */
export interface CustomSourceWriting {
  /** The same, by the administrator of this name: so his writes are recorded. */
  by(administrator: string): CustomSourceWriting;
  createDepartment(sourceId: string, form: DepartmentForm): Promise<CustomDepartment>;
  changeDepartment(sourceId: string, id: string, change: Partial<DepartmentForm>): Promise<CustomDepartment>;
  removeDepartment(sourceId: string, id: string): Promise<void>;
  setDepartments(sourceId: string, userId: string, departments: readonly string[]): Promise<void>;
  importPeople(
    sourceId: string,
    rows: readonly PersonRow[],
    options: { readonly apply: boolean },
  ): Promise<ImportResult>;
}

export interface CustomSourceParts {
  readonly writer: DirectoryWriter;
  readonly catalog: () => SchemaCatalog;
  readonly onWritten?: () => void;
}

export function makeCustomSourceWriting(parts: CustomSourceParts): CustomSourceWriting {
  const { writer, catalog, onWritten } = parts;
  const inDirectory = async <T>(work: (write: DirectoryWrite) => Promise<T>): Promise<T> => {
    const result = await writer.writeDirectory(work);
    onWritten?.();
    return result;
  };
  return {
    by: (name) => {
      const author = { id: null, name };
      const named: DirectoryWriter = { ...writer, writeDirectory: (work) => writer.writeDirectory(work, author) };
      return makeCustomSourceWriting({ ...parts, writer: named });
    },
    createDepartment: (sourceId, form) => inDirectory((write) => createDepartment(write, sourceId, form)),
    changeDepartment: (sourceId, id, change) =>
      inDirectory((write) => changeDepartment(write, sourceId, id, change, catalog())),
    removeDepartment: (sourceId, id) => inDirectory((write) => removeDepartment(write, sourceId, id, catalog())),
    setDepartments: (sourceId, userId, departments) =>
      inDirectory(async (write) => {
        await findUser(write, sourceId, userId);
        const tree = await readDepartments(write, sourceId);
        if (!(await setDepartments(write, tree, userId, departments))) return;
        await settleRules(write, catalog(), { touched: [userId], ofGroup: false });
        await write.noteChange(sourceId);
      }),
    async importPeople(sourceId, rows, options) {
      const result = await importPeople({ writer, catalog }, sourceId, rows, options);
      if (options.apply) onWritten?.();
      return result;
    },
  };
}

async function findUser(write: DirectoryWrite, sourceId: string, userId: string): Promise<void> {
  const row = await write.find("User", userId, [sourceId]);
  if (row === null) throw new ScimError(404, null, "This User was not found in this source");
}
