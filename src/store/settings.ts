import type { Cipher } from "../lib/cipher.ts";
import type { Json } from "../lib/json.ts";
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
  alertAfterHours: null,
  paused: false,
};

/** Settings that are secrets lie encrypted in the database. */
const secretSettings: ReadonlySet<string> = new Set<keyof Settings>(["metricsToken"]);

export function makeSettingStore(database: Database, cipher: Cipher): SettingStore {
  const seal = (key: string, value: Json): string => {
    const text = JSON.stringify(value);
    return secretSettings.has(key) && value !== null ? cipher.encrypt(text) : text;
  };
  const open = (key: string, text: string): Json =>
    JSON.parse(secretSettings.has(key) && text !== "null" ? cipher.decrypt(text) : text) as Json;

  const readSettings = async (): Promise<Settings> => {
    const rows = await database.db.selectFrom("setting").selectAll().execute();
    const stored = Object.fromEntries(rows.map((row) => [row.key, open(row.key, row.value)])) as Partial<Settings>;
    return { ...defaultSettings, ...stored };
  };
  return {
    readSettings,
    async writeSettings(change) {
      await database.write((trx) =>
        database.upsert(trx, {
          table: "setting",
          rows: Object.entries(change).map(([key, value]) => ({ key, value: seal(key, value) })),
          conflict: ["key"],
          update: ["value"],
        }),
      );
      return readSettings();
    },
  };
}
