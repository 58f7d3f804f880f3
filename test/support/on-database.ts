import { makeDatabase } from "./databases.ts";

/**
 * For tests of the engine that run on each database: the options that choose it.
 *
 * @throws when PostgreSQL cannot be started here
 */
export async function onDatabase(dialect: "sqlite" | "postgres"): Promise<{ readonly databaseUrl?: string }> {
  return dialect === "sqlite" ? {} : { databaseUrl: (await makeDatabase("postgres")).url };
}
