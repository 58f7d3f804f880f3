import { afterAll, beforeAll, describe, it } from "vitest";
import { killAndRecover, killedCorp, killsPerLife, measureWork, phases, type Work } from "../support/e2e-kill.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";

/** How many kills there are, on each database. */
const kills = Number(process.env["SOAK_KILLS"] ?? 30);
const seeds = Array.from({ length: Math.ceil(kills / killsPerLife) }, (_, index) => 100 + index);

describe.each(["SQLite", "PostgreSQL"])(`kill -9 at ${kills} moments, on %s`, (database) => {
  let postgres: TestPostgres | null = null;
  let work: Work;

  beforeAll(async () => {
    if (database === "PostgreSQL") postgres = await startPostgres();
    work = await measureWork(await postgres?.createDatabase());
  });
  afterAll(() => postgres?.close());

  it.each(seeds)("started again, it ends exactly right (seed %i)", async (seed) => {
    await killAndRecover(seed, phases[seed % 3] ?? "push", work, { databaseUrl: await postgres?.createDatabase() });
  });
});

/** The same while one request in ten goes wrong; on SQLite. */
const killsUnderFire = Number(process.env["SOAK_FAULTY_KILLS"] ?? 200);

describe(`kill -9 at ${killsUnderFire} moments, with a target and a WeCom that fail`, () => {
  const corp = { ...killedCorp, members: 600, departments: 30 };
  let work: Work;

  beforeAll(async () => {
    work = await measureWork(undefined, corp);
  });

  it.each(Array.from({ length: Math.ceil(killsUnderFire / killsPerLife) }, (_, index) => 1000 + index))(
    "started again, it ends exactly right once they are well (seed %i)",
    (seed) => killAndRecover(seed, phases[seed % 3] ?? "push", work, { corp, faults: true }),
  );
});
