import { CompiledQuery, sql } from "kysely";
import { expect, it } from "vitest";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { parseFilter } from "../../src/scim/parse-filter.ts";
import { resolveFilter } from "../../src/scim/resolve-filter.ts";
import { makeDirectoryReader } from "../../src/store/directory-reader.ts";
import { onEachDatabase } from "../support/databases.ts";
import { testId, writeDirectory } from "./filter-directory.ts";
import {
  applyAll,
  beginWork,
  departure,
  fillDirectory,
  nextTask,
  userChange,
  userDocument,
  userId,
} from "./support.ts";

const catalog = makeSchemaCatalog([]);

onEachDatabase("people looked up by mail address or phone number", (at) => {
  const find = async (text: string): Promise<readonly string[]> => {
    const filter = resolveFilter(parseFilter(text), "User", catalog);
    const page = await at.store.queryResources({ type: "User", sources: "all", filter, startIndex: 1, count: 100 });
    return page.rows.map(({ id }) => id);
  };
  const withMail = (...addresses: readonly string[]) => ({
    emails: addresses.map((value) => ({ value, type: "work" })),
  });

  it("are found after every kind of write, and not by what they had before", async () => {
    const first = await beginWork(at.store);
    await fillDirectory(at.store, first, { users: 3 });
    const work = await nextTask(at.store, first);
    const update = (number: number, more: object) =>
      userChange(number, {
        ...{ action: "update", baseVersion: 1, after: userDocument(number, { ...more }) },
      });
    await at.store.addChanges(work.lease, work.task.id, [
      update(1, withMail("A@example.com", "a@example.com", "b@example.com")),
      update(2, { phoneNumbers: [{ value: "+86 138" }], ...withMail("b@example.com") }),
      userChange(4, { after: userDocument(4, withMail("d@example.com")) }),
    ]);
    await applyAll(at.store, work);
    expect(await find('emails.value eq "A@EXAMPLE.com"')).toEqual([userId(1)]);
    expect(await find('emails eq "b@example.com"')).toEqual([userId(1), userId(2)]);
    expect(await find('emails[type eq "work" and value eq "d@example.com"]')).toEqual([userId(4)]);
    expect(await find('emails[type eq "home" and value eq "d@example.com"]')).toEqual([]);
    expect(await find('phoneNumbers.value eq "+86 138"')).toEqual([userId(2)]);
    expect(await find('not (emails.value eq "b@example.com")')).toEqual([userId(3), userId(4)]);

    const next = await nextTask(at.store, work);
    await at.store.addChanges(next.lease, next.task.id, [
      userChange(1, { action: "update", baseVersion: 2, after: userDocument(1, withMail("c@example.com")) }),
      departure(userChange(4, { after: userDocument(4, withMail("d@example.com")) }), 1),
    ]);
    await applyAll(at.store, next);
    expect(await find('emails eq "a@example.com"')).toEqual([]);
    expect(await find('emails eq "b@example.com"')).toEqual([userId(2)]);
    expect(await find('emails eq "c@example.com"')).toEqual([userId(1)]);
    expect(await find('emails eq "d@example.com"')).toEqual([userId(4)]);
    await at.store.deleteLeavers(at.clock.now + 1);
    expect(await find('emails eq "d@example.com"')).toEqual([]);
    await at.store.deleteSource(first.source.id);
    expect(await find("emails pr or phoneNumbers pr")).toEqual([]);
    if (at.dialect === "sqlite") expect(await at.rows("select * from resource_value")).toEqual([]);
  });

  it.each(["emails", "phoneNumbers"])("are found by an index: %s", async (attribute) => {
    const users = Array.from({ length: 300 }, (_, index) => ({
      id: testId(index),
      type: "User" as const,
      document: { userName: `u${index}`, [attribute]: [{ value: `v${index}` }] },
    }));
    await writeDirectory(at.database, users);
    const asked: { readonly text: string; readonly parameters: readonly unknown[] }[] = [];
    const reader = makeDirectoryReader({
      ...at.database,
      read: (text, parameters) => {
        asked.push({ text, parameters });
        return at.database.read(text, parameters);
      },
    });
    const filter = resolveFilter(parseFilter(`${attribute}.value eq "V7"`), "User", catalog);
    const page = await reader.queryResources({ type: "User", sources: "all", filter, startIndex: 1, count: 10 });
    expect(page.rows.map(({ id }) => id)).toEqual([testId(7)]);
    const [{ text, parameters } = { text: "", parameters: [] }] = asked;
    if (at.dialect === "postgres") await at.rows("analyze resource");
    const plan = await at.database.db.transaction().execute(async (trx) => {
      // Of so few rows it would take the whole table.
      if (at.dialect === "postgres") await sql`set local enable_seqscan = off`.execute(trx);
      const explain = at.dialect === "sqlite" ? "explain query plan" : "explain";
      return trx.executeQuery(CompiledQuery.raw(`${explain} ${text}`, [...parameters]));
    });
    const expected = at.dialect === "sqlite" ? "SEARCH resource_value USING PRIMARY KEY" : `resource_${attribute}`;
    expect(JSON.stringify(plan.rows).toLowerCase()).toContain(expected.toLowerCase());
  });
});
