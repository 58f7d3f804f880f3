import type { Database } from "./database.ts";
import type { SettingStore, Settings } from "./store.ts";

/** What is in force while nothing else was said. */
export const defaultSettings: Settings = {
  maxEnabledSources: 5,
  maxCustomSources: 1,
  recordRetentionDays: 90,
  leaverRetentionDays: 90,
  separateApprover: false,
  metricsToken: null,
  paused: false,
};

export function makeSettingStore(database: Database): SettingStore {
  const readSettings = async (): Promise<Settings> => {
    const rows = await database.db.selectFrom("setting").selectAll().execute();
    const stored = Object.fromEntries(rows.map((row) => [row.key, JSON.parse(row.value)])) as Partial<Settings>;
    return { ...defaultSettings, ...stored };
  };
  return {
    readSettings,
    async writeSettings(change) {
      await database.write((trx) =>
        database.upsert(trx, {
          table: "setting",
          rows: Object.entries(change).map(([key, value]) => ({ key, value: JSON.stringify(value) })),
          conflict: ["key"],
          update: ["value"],
        }),
      );
      return readSettings();
    },
  };
}
