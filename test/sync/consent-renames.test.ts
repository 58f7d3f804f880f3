import { expect, it } from "vitest";
import { noSafeguards, startEngineFixture } from "../support/engine.ts";

it("a renamed userid's consent goes with him, and not to who gets his old userid", async () => {
  const f = await startEngineFixture({
    corp: { shape: { members: 30, departments: 4, seed: 1, quirks: false }, settings: { privacy: "new" } },
    source: {
      safeguards: noSafeguards,
      sync: { automatic: true, users: true, intervalHours: 1, identity: { ask: true } },
    },
  });
  await f.sync();
  const settled = async () => {
    f.engine().nudge();
    await expect
      .poll(async () => (await f.store.openTasks()).length + (await f.store.markedSources()).length, {
        timeout: 20_000,
      })
      .toBe(0);
  };
  const u = f.corp.truth().members.filter(({ status }) => status === 1)[5]?.userid ?? "";
  await f.store.saveConsent(f.source.id, { key: u.toLowerCase(), userid: u }, { email: "given@example.com" });
  await settled();
  f.corp.renameUserid(u, "New.Name");
  await f.store.keepEvent(
    f.source.id,
    "contacts",
    [
      { kind: "user", key: u.toLowerCase(), isGone: true },
      { kind: "user", key: "new.name" },
    ],
    { from: u.toLowerCase(), to: "new.name" },
  );
  await settled();
  f.corp.createMember({ userid: u, name: "Somebody Else", department: [1], status: 1 });
  await f.sync();
  const mails = new Map(
    f.control
      .dump()
      .users.map(({ resource }) => [String(resource["externalId"]), JSON.stringify(resource["emails"] ?? null)]),
  );
  expect(mails.get("New.Name")).toContain("given@example.com");
  expect(mails.has(u)).toBe(true);
  expect(mails.get(u)).not.toContain("given@example.com");
  expect(await f.store.findConsent(f.source.id, "new.name")).toMatchObject({ state: "agreed", fields: ["email"] });
  expect(await f.store.findConsent(f.source.id, u.toLowerCase())).toBeNull();
});
