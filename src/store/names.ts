import type { Database } from "./database.ts";
import { NameTakenError } from "./store.ts";

/**
 * Writes a row whose name must be unique: the database's word, which also holds between two processes.
 *
 * @param name undefined when the write leaves the name as it is
 * @throws {NameTakenError}
 */
export async function withName<T>(
  { isTaken }: Pick<Database, "isTaken">,
  kind: NameTakenError["kind"],
  name: string | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (name !== undefined && isTaken(error)) throw new NameTakenError(kind, name);
    throw error;
  }
}
