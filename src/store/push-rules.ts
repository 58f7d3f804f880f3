import type { Database } from "./database.ts";
import type { PushStore } from "./engine.ts";
import { leasedWrite } from "./leases.ts";

/** The rules that what a target holds was brought up to. */
export function makePushRules(database: Database): Pick<PushStore, "noteRules"> {
  const write = leasedWrite(database);
  return {
    noteRules: (lease, targetId, rulesVersion) =>
      write(lease, async (trx) => {
        // The sign alone: whatever else a link says, of a request in doubt or the next try, stays true.
        await trx
          .updateTable("link")
          .set((eb) => ({ version: eb.neg("version") }))
          .where("target_id", "=", targetId)
          .where("version", ">", 0)
          .execute();
        await trx.updateTable("target").set({ rules_version: rulesVersion }).where("id", "=", targetId).execute();
      }),
  };
}
