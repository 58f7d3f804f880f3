import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { startPostgres, type TestPostgres } from "./postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Answers the URL of a fresh database: 200, or 503 with the reason why there is none. */
    databaseDispenser: string;
  }
}

/**
 * One PostgreSQL for a whole run, started when the first test file asks for a database: a run of files that need none
 * does not wait for it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let postgres: Promise<TestPostgres> | null = null;
  const dispenser = createServer((_request, response) => {
    postgres ??= startPostgres();
    // A file may ask again much later: it must not meet a connection that is just being closed.
    response.setHeader("connection", "close");
    postgres
      .then((server) => server.createDatabase())
      .then(
        (url) => response.end(url),
        (error: unknown) => response.writeHead(503).end(error instanceof Error ? error.message : String(error)),
      );
  });
  dispenser.listen(0, "127.0.0.1");
  await once(dispenser, "listening");
  const { port } = dispenser.address() as AddressInfo;
  project.provide("databaseDispenser", `http://127.0.0.1:${port}/`);
  return async () => {
    dispenser.close();
    const server = await postgres?.catch(() => null);
    await server?.close();
  };
}
