import { openDatabase } from "../../src/store/open-store.ts";

// A process that opens a database when it is told to, as one that starts does, and says how it went.

process.on("message", (url: string) => {
  openDatabase(url)
    .then(async (database) => {
      await database.db.selectFrom("sync_task").select("id").execute();
      await database.close();
      return "up to date";
    })
    .catch((error: unknown) => String(error))
    .then((answer) => process.send?.(answer));
});
process.send?.("ready");
