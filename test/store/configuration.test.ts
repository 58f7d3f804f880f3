import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { makeCipher, WrongKeyError } from "../../src/lib/cipher.ts";
import { makeStore, openStore } from "../../src/store/open-store.ts";
import { NameTakenError } from "../../src/store/store.ts";
import { onEachDatabase, type TestDatabase } from "../support/databases.ts";
import { newSource, newTarget } from "./support.ts";

onEachDatabase("sources", (at) => {
  it("read back as they were made, by id and by name", async () => {
    const made = await at.store.createSource(newSource("总部-WeCom", { nextRunAt: 5 }));
    expect(made).toMatchObject({ ...newSource("总部-WeCom", { nextRunAt: 5 }), createdAt: at.clock.now });
    expect(await at.store.findSource(made.id)).toEqual(made);
    expect(await at.store.findSource("总部-WeCom")).toEqual(made);
    expect(await at.store.findSource("nobody")).toBeNull();
  });

  it("are listed oldest first", async () => {
    for (const name of ["c", "a", "b"]) await at.store.createSource(newSource(name));
    expect((await at.store.listSources()).map(({ name }) => name)).toEqual(["c", "a", "b"]);
  });

  it("change only where they are changed", async () => {
    const made = await at.store.createSource(newSource("corp", { nextRunAt: 5 }));
    at.clock.now += 1000;
    const changed = await at.store.updateSource(made.id, { name: "firm", nextRunAt: null });
    expect(changed).toEqual({ ...made, name: "firm", nextRunAt: null, updatedAt: at.clock.now });
    const again = await at.store.updateSource(made.id, { secrets: { "/wecom/corpSecret": "new" } });
    expect(again.secrets).toEqual({ "/wecom/corpSecret": "new" });
    expect(again.settings).toEqual(made.settings);
  });

  it("have names of their own, whoever asks for one at the same moment", async () => {
    const other = await at.openAnother();
    const asked = [at.store, other, at.store, other].map((store) => store.createSource(newSource("corp")));
    const results = await Promise.allSettled(asked);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expectTaken(result.reason, "source", "corp");
    const second = await at.store.createSource(newSource("firm"));
    await expect(at.store.updateSource(second.id, { name: "corp" })).rejects.toThrow(NameTakenError);
    expect((await at.store.findSource(second.id))?.name).toBe("firm");
    expect((await at.store.updateSource(second.id, { name: "firm" })).name).toBe("firm");
  });

  it("are due once: of two who move the next run on, one does", async () => {
    const { id } = await at.store.createSource(newSource("corp", { nextRunAt: 5 }));
    const other = await at.openAnother();
    const moved = await Promise.all([at.store, other].map((store) => store.postponeSource(id, 5, 10)));
    expect(moved.sort()).toEqual([false, true]);
    expect((await at.store.findSource(id))?.nextRunAt).toBe(10);
  });

  it("are not found by a name that no text column holds", async () => {
    expect(await at.store.findSource("a\0b")).toBeNull();
  });
});

onEachDatabase("targets", (at) => {
  it("are changed together with the end of the push that does not know of it, or not at all", async () => {
    const made = await at.store.createTarget(newTarget("app"));
    const { settings } = made;
    const safeguards = { ...settings.safeguards, protected: 'userName eq "boss"' };
    await sql`alter table lease rename to lease_away`.execute(at.database.db);
    await expect(at.store.updateTarget(made.id, { settings: { ...settings, safeguards } })).rejects.toThrow("lease");
    await sql`alter table lease_away rename to lease`.execute(at.database.db);
    expect(await at.store.findTarget(made.id)).toEqual(made);
    const lease = await at.store.takeLease(`target:${made.id}`, "one", 1000);
    if (lease === null) throw new Error("somebody else holds it");
    await at.store.updateTarget(made.id, { settings: { ...settings, safeguards } });
    await expect(at.store.renewLease(lease, 1000)).rejects.toMatchObject({ name: "LeaseLostError" });
  });

  it("are made, read, changed, listed and deleted", async () => {
    const made = await at.store.createTarget(newTarget("app", ["source-1"]));
    expect(made).toMatchObject(newTarget("app", ["source-1"]));
    expect(await at.store.findTarget("app")).toEqual(made);
    const changed = await at.store.updateTarget(made.id, { status: "disabled", name: "应用" });
    expect(changed).toEqual({ ...made, status: "disabled", name: "应用" });
    const second = await at.store.createTarget(newTarget("other"));
    expect((await at.store.listTargets()).map(({ id }) => id)).toEqual([made.id, second.id]);
    await at.store.deleteTarget(made.id);
    expect(await at.store.findTarget(made.id)).toBeNull();
  });

  it("have names of their own", async () => {
    const first = await at.store.createTarget(newTarget("app"));
    const error = await at.store.createTarget(newTarget("app")).catch((thrown: unknown) => thrown);
    expectTaken(error, "target", "app");
    await at.store.createTarget(newTarget("other"));
    await expect(at.store.updateTarget(first.id, { name: "other" })).rejects.toThrow(NameTakenError);
  });
});

onEachDatabase("SCIM clients", (at) => {
  it("are found by the hash of their token, by id and by name, until they are deleted", async () => {
    const made = await at.store.createClient({
      name: "okta",
      access: "read",
      requestsPerSecond: 0,
      sources: ["s1"],
      tokenHash: "h1",
    });
    const all = await at.store.createClient({
      name: "sase",
      access: "write",
      requestsPerSecond: 0,
      sources: "all",
      tokenHash: "h2",
    });
    expect(await at.store.findClientByTokenHash("h1")).toEqual(made);
    expect(await at.store.findClientByTokenHash("h3")).toBeNull();
    expect(await at.store.findClient("sase")).toEqual(all);
    expect(await at.store.listClients()).toEqual([made, all]);
    await at.store.deleteClient(made.id);
    expect(await at.store.findClientByTokenHash("h1")).toBeNull();
  });

  it("change and keep their token, and are not made by a change", async () => {
    const form = { name: "okta", access: "read", requestsPerSecond: 0, sources: ["s1"] } as const;
    const made = await at.store.createClient({ ...form, tokenHash: "h1" });
    const other = await at.store.createClient({ ...form, name: "other", tokenHash: "h2" });
    const change = { name: "entra", access: "write", requestsPerSecond: 7, sources: "all" } as const;
    const changed = { ...made, ...change };
    expect(await at.store.updateClient(made.id, change)).toEqual(changed);
    expect(await at.store.findClientByTokenHash("h1")).toEqual(changed);
    expect(await at.store.findClient("other")).toEqual(other);
    const taken = await at.store.updateClient(made.id, { ...change, name: "other" }).catch((error: unknown) => error);
    expectTaken(taken, "SCIM client", "other");
    await at.store.deleteClient(made.id);
    expect(await at.store.updateClient(made.id, change)).toBeNull();
  });

  it("have names of their own", async () => {
    await at.store.createClient({
      name: "okta",
      access: "read",
      requestsPerSecond: 0,
      sources: "all",
      tokenHash: "h1",
    });
    const again = at.store.createClient({
      name: "okta",
      access: "read",
      requestsPerSecond: 0,
      sources: "all",
      tokenHash: "h2",
    });
    expectTaken(await again.catch((thrown: unknown) => thrown), "SCIM client", "okta");
  });
});

onEachDatabase("settings", (at) => {
  it("are the defaults until they are written, one by one", async () => {
    const defaults = await at.store.readSettings();
    expect(defaults).toMatchObject({ maxEnabledSources: 5, maxCustomSources: 1, paused: false, metricsToken: null });
    expect(await at.store.writeSettings({ paused: true })).toEqual({ ...defaults, paused: true });
    const other = await at.openAnother();
    expect(await other.writeSettings({ maxEnabledSources: 7 })).toEqual({
      ...defaults,
      paused: true,
      maxEnabledSources: 7,
    });
    expect(await at.store.writeSettings({})).toMatchObject({ paused: true, maxEnabledSources: 7 });
  });
});

onEachDatabase("secrets", (at) => {
  const planted = ["planted-corp-secret", "planted-token", "planted-metrics"];

  async function plant(): Promise<void> {
    await at.store.createSource(newSource("corp", { secrets: { "/wecom/corpSecret": "planted-corp-secret" } }));
    await at.store.createTarget({ ...newTarget("app"), secrets: { "/auth/token": "planted-token" } });
    await at.store.writeSettings({ metricsToken: "planted-metrics" });
  }

  it("lie in no table in plain text", async () => {
    await plant();
    const dump = await everythingStored(at);
    for (const secret of planted) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString("base64").slice(0, -4));
    }
    expect((await at.store.readSettings()).metricsToken).toBe("planted-metrics");
    expect((await at.store.writeSettings({ metricsToken: null })).metricsToken).toBeNull();
  });

  if (at.dialect === "sqlite") {
    it("are in none of the files either", async () => {
      await plant();
      const file = at.url.replace("file:", "");
      for (const part of [file, `${file}-wal`]) {
        const bytes = readFileSync(part);
        for (const secret of planted) expect(bytes.includes(secret)).toBe(false);
      }
    });
  }

  it("are sealed anew each time: the same secret twice is not seen to be the same", async () => {
    await at.store.createSource(newSource("one", { secrets: { "/wecom/corpSecret": "same" } }));
    await at.store.createSource(newSource("two", { secrets: { "/wecom/corpSecret": "same" } }));
    const [one, two] = await at.rows<{ secrets: string }>("select secrets from source order by name");
    expect(one?.secrets).not.toBe(two?.secrets);
  });

  it("cannot be read with another key, and the error says which key is needed", async () => {
    await plant();
    const wrong = makeStore(at.database, makeCipher(randomBytes(32)), Date.now);
    for (const read of [wrong.listSources, wrong.listTargets, wrong.readSettings]) {
      const error = await read().catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(/encrypted with another key .* set BRIDGE_ENCRYPTION_KEY to the key/);
      for (const secret of planted) expect(String(error)).not.toContain(secret);
    }
  });

  it("that were changed in the database are refused", async () => {
    await plant();
    const [row] = await at.rows<{ secrets: string }>("select secrets from source");
    const sealed = row?.secrets ?? "";
    const last = sealed.at(-3) === "A" ? "B" : "A";
    await at.rows(`update source set secrets = '${sealed.slice(0, -3)}${last}${sealed.slice(-2)}'`);
    await expect(at.store.listSources()).rejects.toThrow();
  });

  it("of another key end the start, before anything is done", async () => {
    await plant();
    await expect(openStore(at.url, { cipher: makeCipher(randomBytes(32)) })).rejects.toThrow(WrongKeyError);
    const same = await openStore(at.url, { cipher: makeCipher(at.encryptionKey) });
    expect(await same.listSources()).toHaveLength(1);
    await same.close();
  });
});

async function everythingStored(at: TestDatabase): Promise<string> {
  const tables = await at.database.db.introspection.getTables();
  return JSON.stringify(await Promise.all(tables.map(({ name }) => at.rows(`select * from ${name}`))));
}

function expectTaken(error: unknown, kind: string, taken: string): void {
  expect(error).toBeInstanceOf(NameTakenError);
  expect(error).toMatchObject({ kind, taken });
}
