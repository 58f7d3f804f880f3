import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { PushStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";
import type { Tables } from "./tables.ts";

/** By what a target is given things: its own rules and the attributes that it knows. Others make all of it pending. */
export function makePushRules(database: Database): Pick<PushStore, "noteRules" | "noteVocabulary"> {
  const write = leasedWrite(database);
  return {
    noteRules: (lease, targetId, rulesVersion) =>
      write(lease, async (trx) => {
        await lookAtAllAgain(trx, targetId);
        await trx.updateTable("target").set({ rules_version: rulesVersion }).where("id", "=", targetId).execute();
      }),

    noteVocabulary: (lease, targetId, vocabulary, { lookAgain }) =>
      write(lease, async (trx) => {
        if (lookAgain) await lookAtAllAgain(trx, targetId);
        await trx.updateTable("target").set({ vocabulary }).where("id", "=", targetId).execute();
      }),
  };
}

/** The sign alone: whatever else a link says, of a request in doubt or the next try, stays true. */
async function lookAtAllAgain(trx: Transaction<Tables>, targetId: string): Promise<void> {
  await trx
    .updateTable("link")
    .set((eb) => ({ version: eb.neg("version") }))
    .where("target_id", "=", targetId)
    .where("version", ">", 0)
    .execute();
}
