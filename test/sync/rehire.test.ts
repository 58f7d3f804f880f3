import { describe, expect, test } from "vitest";
import type { EngineFixture } from "../support/engine.ts";
import { membersAt, settled, tasksOf, userAt, withCustom } from "../support/writing.ts";

async function expectQuiet(fixture: EngineFixture): Promise<void> {
  for (const { state, error } of await tasksOf(fixture)) {
    expect({ state, error }).toEqual({ state: "succeeded", error: null });
  }
  expect(fixture.control.violations()).toEqual([]);
  fixture.control.resetJournal();
  expect(await fixture.push()).toMatchObject({ state: "succeeded", error: null });
}

/** Whoever is deleted and made again is a new resource (RFC 7643 §3.1: an id is never used again), with the old name. */
describe("somebody who was deleted and is made again", () => {
  test("has his account again, switched on", async () => {
    const { fixture, client } = await withCustom();
    const first = await client.createUser("ann", { title: "Engineer" });
    await settled(fixture);
    const account = userAt(fixture, "ann")?.id;
    await client.remove("User", first);
    await settled(fixture);
    expect(userAt(fixture, "ann")?.resource["active"]).toBe(false);
    expect(await client.createUser("ann", { title: "Director" })).not.toBe(first);
    await settled(fixture);
    expect(userAt(fixture, "ann")).toMatchObject({ id: account, resource: { active: true, title: "Director" } });
    await expectQuiet(fixture);
  });

  test.each([true, false])("keeps nothing of what the one before him was (heard of his end: %s)", async (heard) => {
    const { fixture, client } = await withCustom();
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const first = await client.createUser("ann", {
      externalId: "E-77",
      title: "Director",
      name: { givenName: "Ann", familyName: "Old" },
      emails: [{ value: "old@example.com", type: "work", primary: true }],
      phoneNumbers: [{ value: "+8613800000000", type: "mobile" }],
      roles: [{ value: "admin" }],
      [enterprise]: { department: "Board", costCenter: "1" },
    });
    await settled(fixture);
    const accountOf = () => fixture.control.dump().users.find(({ resource }) => resource["userName"] === "ann");
    fixture.control.modify(accountOf()?.id ?? "", { nickName: "set there" });
    if (!heard) await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await client.remove("User", first);
    if (heard) await settled(fixture);
    await client.createUser("ann", {
      externalId: null,
      displayName: "Ann New",
      [enterprise]: { costCenter: "2" },
    });
    if (!heard) await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    await settled(fixture);
    const { id: _, ...account } = accountOf()?.resource ?? {};
    expect(account).toEqual({
      schemas: expect.any(Array),
      userName: "ann",
      displayName: "Ann New",
      active: true,
      // What others set there is theirs.
      nickName: "set there",
      [enterprise]: { costCenter: "2" },
    });
    await expectQuiet(fixture);
  });

  test("has it also when the target never heard of the first end", async () => {
    const { fixture, client } = await withCustom();
    const first = await client.createUser("ann");
    const group = await client.createGroup("VPN", [first]);
    await settled(fixture);
    const account = userAt(fixture, "ann")?.id;
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await client.remove("User", first);
    const second = await client.createUser("ann");
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    await settled(fixture);
    expect(userAt(fixture, "ann")).toMatchObject({ id: account, resource: { active: true } });
    // What the one before him could reach is not his.
    expect(membersAt(fixture, "VPN")).toEqual([]);
    await client.patch("Group", group, { op: "add", path: "members", value: [{ value: second }] });
    await settled(fixture);
    expect(membersAt(fixture, "VPN")).toEqual(["ann"]);
    await expectQuiet(fixture);
  });

  test("keeps the groups that he is put in again, without a request for them", async () => {
    const { fixture, client } = await withCustom();
    const first = await client.createUser("ann");
    const group = await client.createGroup("VPN", [first]);
    await settled(fixture);
    await fixture.store.updateTarget(fixture.row.id, { status: "disabled" });
    await client.remove("User", first);
    const second = await client.createUser("ann");
    await client.patch("Group", group, { op: "add", path: "members", value: [{ value: second }] });
    await fixture.store.updateTarget(fixture.row.id, { status: "enabled" });
    await settled(fixture);
    expect(membersAt(fixture, "VPN")).toEqual(["ann"]);
    await expectQuiet(fixture);
  });
});
