import type { ConsentIntent, ConsentVisitStore } from "./consent-store.ts";
import type { Database } from "./database.ts";

/** Browsers on their way to the source's page and back, and who came back. All servers on a database share them. */
export function makeConsentVisitStore(database: Database, clock: () => number): ConsentVisitStore {
  const { db } = database;
  return {
    async openVisit({ stateHash, visitorHash, sourceId, intent, expiresAt }) {
      await database.writeSmall(async (trx) => {
        await trx.deleteFrom("consent_visit").where("expires_at", "<=", clock()).execute();
        const row = {
          ...{ id_hash: stateHash, kind: "visit" as const, source_id: sourceId, visitor_hash: visitorHash },
          ...{ intent, key: null, expires_at: expiresAt },
        };
        await trx.insertInto("consent_visit").values(row).execute();
      });
    },

    takeVisit: ({ stateHash, visitorHash, sourceId }) =>
      database.writeSmall(async (trx) => {
        // One statement: of two that come with it at once one finds it.
        const taken = await trx
          .deleteFrom("consent_visit")
          .where("id_hash", "=", stateHash)
          .where("kind", "=", "visit")
          .where("visitor_hash", "=", visitorHash)
          .where("source_id", "=", sourceId)
          .where("expires_at", ">", clock())
          .returning("intent")
          .executeTakeFirst();
        return (taken?.intent ?? null) as ConsentIntent | null;
      }),

    async openConsentSession({ idHash, sourceId, key, expiresAt }) {
      await database.writeSmall(async (trx) => {
        const row = {
          ...{ id_hash: idHash, kind: "session" as const, source_id: sourceId, visitor_hash: null },
          ...{ intent: null, key, expires_at: expiresAt },
        };
        await trx.insertInto("consent_visit").values(row).execute();
      });
    },

    async findConsentSession(idHash, sourceId) {
      const row = await db
        .selectFrom("consent_visit")
        .select("key")
        .where("id_hash", "=", idHash)
        .where("kind", "=", "session")
        .where("source_id", "=", sourceId)
        .where("expires_at", ">", clock())
        .executeTakeFirst();
      return row?.key ?? null;
    },

    async endConsentSession(idHash) {
      await database.writeSmall((trx) =>
        trx.deleteFrom("consent_visit").where("id_hash", "=", idHash).where("kind", "=", "session").execute(),
      );
    },
  };
}
