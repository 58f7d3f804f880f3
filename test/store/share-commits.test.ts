import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/store/database.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

let database: Database;

beforeEach(async () => {
  database = await openSqlite(":memory:");
});

afterEach(() => database.close());

const put = (key: string, value = key) =>
  database.writeSmall(async (trx) => {
    await trx.insertInto("setting").values({ key, value }).execute();
    return key;
  });

const keys = async () =>
  (await database.db.selectFrom("setting").select("key").where("key", "like", "t-%").orderBy("key").execute()).map(
    ({ key }) => key,
  );

describe("small writes that come at once", () => {
  it("are all done, in the order they came in, however many", async () => {
    const order: number[] = [];
    const numbers = Array.from({ length: 50 }, (_, at) => at);
    const made = await Promise.all(
      numbers.map((at) =>
        database.writeSmall(async (trx) => {
          order.push(at);
          await trx
            .insertInto("setting")
            .values({ key: `t-${at}`, value: "" })
            .execute();
          return at;
        }),
      ),
    );
    expect(made).toEqual(numbers);
    expect(order).toEqual(numbers);
    expect(await keys()).toHaveLength(50);
  });

  it("fail one by one, and take nothing with them", async () => {
    const failing = database.writeSmall(async (trx) => {
      await trx.insertInto("setting").values({ key: "t-half", value: "" }).execute();
      throw new Error("half-way");
    });
    const outcomes = await Promise.allSettled([put("t-a"), failing, put("t-b"), put("t-a"), put("t-c")]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    const [, half, , taken] = outcomes;
    expect(half).toMatchObject({ reason: { message: "half-way" } });
    expect(database.isTaken(taken?.status === "rejected" ? taken.reason : null)).toBe(true);
    expect(await keys()).toEqual(["t-a", "t-b", "t-c"]);
    // Also the one that comes by itself.
    await expect(put("t-a")).rejects.toThrow();
    expect(await put("t-d")).toBe("t-d");
  });

  it("all fail when the transaction is lost", async () => {
    const losing = database.writeSmall(async (trx) => {
      await sql`rollback`.execute(trx);
      throw new Error("the disk is full");
    });
    const outcomes = await Promise.allSettled([put("t-a"), losing, put("t-b")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(await keys()).toEqual([]);
    expect(await put("t-c")).toBe("t-c");
  });

  it("see what those before them wrote", async () => {
    const [, seen] = await Promise.all([
      put("t-a"),
      database.writeSmall((trx) => trx.selectFrom("setting").select("key").where("key", "=", "t-a").execute()),
    ]);
    expect(seen).toEqual([{ key: "t-a" }]);
  });
});
