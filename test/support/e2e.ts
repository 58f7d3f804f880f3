import type { ScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import type { WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { openDatabase } from "../../src/store/open-store.ts";
import type { Tables } from "../../src/store/tables.ts";

type Corp = Pick<WecomSimulator, "corpId" | "appSecret" | "agentId">;

/** Safeguards that let everything pass: for tests that are about something else. */
export const noSafeguards = {
  maxRemovals: { floor: 10_000_000, percent: 100, count: 10_000_000 },
  maxMemberRemovals: { floor: 10_000_000, percent: 100 },
};

/** The form of a source that is read when told to, as fast as the simulated WeCom gives. */
export function sourceForm(name: string, url: string, corp: Corp, more: object = {}): object {
  return {
    name,
    type: "wecom",
    wecom: {
      corpId: corp.corpId,
      corpSecret: corp.appSecret,
      agentId: corp.agentId,
      apiBaseUrl: url,
      limits: { requestsPerSecond: 150, concurrency: 5 },
    },
    // Random changes give people other userids, and nobody is told: test/e2e/renames.test.ts has whom one is asked about.
    sync: { automatic: false, identity: { ask: false } },
    safeguards: noSafeguards,
    ...more,
  };
}

export function targetForm(name: string, target: ScimSimulator, sources: readonly string[], more: object = {}): object {
  return {
    name,
    baseUrl: target.url,
    auth: { type: "bearer", token: target.token },
    sources,
    safeguards: noSafeguards,
    ...more,
  };
}

/** Tables that say what the directory and the targets hold; everything else is history and bookkeeping. */
const stateTables = ["resource", "member", "source_record", "link", "link_member"] as const;

/** Every row of those tables as one line of JSON, sorted: equal when nothing was written that matters. */
export async function readState(databaseUrl: string): Promise<readonly string[]> {
  const database = await openDatabase(databaseUrl);
  try {
    const lines: string[] = [];
    for (const table of stateTables satisfies readonly (keyof Tables)[]) {
      for (const row of await database.db.selectFrom(table).selectAll().execute()) {
        lines.push(`${table} ${JSON.stringify(row)}`);
      }
    }
    return lines.sort();
  } finally {
    await database.close();
  }
}
