import { expect, it } from "vitest";
import { onEachDatabase } from "../support/databases.ts";
import { newSource } from "./support.ts";

const suite = "dk0123";
const minute = 60_000;

onEachDatabase("what corps authorise", (at) => {
  const makeProvider = async () => {
    const settings = { corpId: "wwprovider", templates: { [suite]: { kind: "customised" as const } } };
    return (await at.store.createProvider({ name: "ours", settings, secrets: { "/providerSecret": "p-secret" } })).id;
  };
  const request = (providerId: string, state: string, wantedCorpId: string | null = null) =>
    at.store.requestAuthorization({
      ...{ providerId, suiteId: suite, kind: "customised", state, wantedCorpId, sourceName: null, requestedBy: "ann" },
      ...{ url: `https://wecom.test/${state}`, expiresAt: at.clock.now + 864_000_000 },
    });
  const keep = (providerId: string, code: string, state: string | null, toldAt = at.clock.now) =>
    at.store.keepCode({
      ...{ providerId, suiteId: suite, purpose: "create", code, state, toldAt, expiresAt: toldAt + 10 * minute },
    });
  const exchange = async (corpId: string, permanentCode: string, state: string | null = null) => {
    const [code] = await at.store.claimCodes(at.clock.now, at.clock.now + minute);
    if (code === undefined) throw new Error("no code is due");
    await at.store.settleCode(code.hash, { corpId, corpName: "客户", permanentCode, state });
    return code;
  };
  const rows = async (providerId: string) =>
    (await at.store.listAuthorizations(providerId)).map(({ status, isInvited, corpId, permanentCode }) => ({
      ...{ status, isInvited, corpId, permanentCode },
    }));
  const sourceOf = (authorization: string, name = "customer") => {
    const { settings } = newSource(name);
    return at.store.createSource(
      newSource(name, {
        settings: { ...settings, wecom: { corpId: "wwcorp", authorization } },
        nextRunAt: at.clock.now + 60 * minute,
      }),
    );
  };

  it("keeps the newest ticket, whenever the others come", async () => {
    const provider = await makeProvider();
    expect(await at.store.keepTicket(provider, suite, "second", 2000)).toBe(true);
    expect(await at.store.keepTicket(provider, suite, "first", 1000)).toBe(false);
    expect(await at.store.keepTicket(provider, suite, "third", 3000)).toBe(true);
    expect((await at.store.readTickets(provider)).get(suite)).toMatchObject({ ticket: "third", toldAt: 3000 });
  });

  it("makes a code that waited for a ticket due when one comes", async () => {
    const provider = await makeProvider();
    await keep(provider, "code", null);
    const [code] = await at.store.claimCodes(at.clock.now, at.clock.now + minute);
    await at.store.postponeCode(code?.hash ?? "", "no ticket", at.clock.now + minute);
    expect(await at.store.claimCodes(at.clock.now, at.clock.now + minute)).toEqual([]);
    await at.store.keepTicket(provider, suite, "ticket", at.clock.now);
    expect(await at.store.claimCodes(at.clock.now, at.clock.now + minute)).toHaveLength(1);
  });

  it("exchanges a code once: not two of those who look at once, and not when its event comes again", async () => {
    const provider = await makeProvider();
    const asked = await request(provider, "s1");
    expect(await keep(provider, "code", "s1")).toBe(true);
    expect(await keep(provider, "code", "s1")).toBe(false);
    const other = await at.openAnother();
    const claims = await Promise.all(
      [at.store, other].map((store) => store.claimCodes(at.clock.now, at.clock.now + minute)),
    );
    const [code, ...more] = claims.flat();
    expect(more).toEqual([]);
    await at.store.settleCode(code?.hash ?? "", { corpId: "wwcorp", corpName: null, permanentCode: "pc", state: "s1" });
    expect(await keep(provider, "code", "s1")).toBe(false);
    expect(await at.store.claimCodes(at.clock.now + minute, at.clock.now + 2 * minute)).toEqual([]);
    expect(await at.store.findAuthorization(asked.id)).toMatchObject({
      ...{ status: "authorised", corpId: "wwcorp", permanentCode: "pc", url: null },
    });
    await other.close();
  });

  it("answers a request by its state, whichever of the event and the exchange names it", async () => {
    const provider = await makeProvider();
    await request(provider, "s1");
    await request(provider, "s2");
    await keep(provider, "one", "s1");
    await exchange("wwone", "pc-one");
    await keep(provider, "two", null);
    await exchange("wwtwo", "pc-two", "s2");
    expect(await rows(provider)).toEqual([
      { status: "authorised", isInvited: true, corpId: "wwtwo", permanentCode: "pc-two" },
      { status: "authorised", isInvited: true, corpId: "wwone", permanentCode: "pc-one" },
    ]);
  });

  it("without a state answers the one request for that corp, and leaves two of them to a person", async () => {
    const provider = await makeProvider();
    const only = await request(provider, "s1", "wwone");
    await request(provider, "s2", "wwtwo");
    await request(provider, "s3", "wwtwo");
    await request(provider, "s4");
    await keep(provider, "one", null);
    await exchange("wwone", "pc-one");
    expect(await at.store.findAuthorization(only.id)).toMatchObject({ status: "authorised" });
    await keep(provider, "two", null);
    await exchange("wwtwo", "pc-two");
    expect((await rows(provider)).filter(({ corpId }) => corpId === "wwtwo")).toEqual([
      { status: "authorised", isInvited: false, corpId: "wwtwo", permanentCode: "pc-two" },
    ]);
    expect((await rows(provider)).filter(({ status }) => status === "waiting")).toHaveLength(3);
  });

  it("gives a request for one corp to no other", async () => {
    const provider = await makeProvider();
    const asked = await request(provider, "s1", "wwwanted");
    await keep(provider, "code", "s1");
    await exchange("wwother", "pc");
    expect(await at.store.findAuthorization(asked.id)).toMatchObject({ status: "failed", permanentCode: null });
    expect((await at.store.findAuthorization(asked.id))?.reason).toContain("wwother");
    expect((await rows(provider)).map(({ isInvited, corpId }) => ({ isInvited, corpId }))).toContainEqual({
      ...{ isInvited: false, corpId: "wwother" },
    });
  });

  it("gives what a corp authorised before the newest permanent code, and no older one", async () => {
    const provider = await makeProvider();
    await keep(provider, "first", null);
    await exchange("wwcorp", "pc-1");
    at.clock.now += minute;
    await keep(provider, "second", null);
    await exchange("wwcorp", "pc-2");
    await keep(provider, "late", null, at.clock.now - 2 * minute);
    await exchange("wwcorp", "pc-0");
    expect(await rows(provider)).toEqual([
      { status: "authorised", isInvited: false, corpId: "wwcorp", permanentCode: "pc-2" },
    ]);
  });

  it("stops the sources of a corp that cancels, erases the code, and says why; an older event only asks", async () => {
    const provider = await makeProvider();
    await keep(provider, "code", null);
    await exchange("wwcorp", "pc");
    const [row] = await at.store.listAuthorizations(provider);
    const source = await sourceOf(row?.id ?? "");
    const bystander = await at.store.createSource(newSource("bystander"));
    const toldAt = at.clock.now;
    const [look] = await at.store.claimLooks(at.clock.now, at.clock.now + minute);
    await at.store.noteLook(look?.row.id ?? "", { agentId: 7, corpName: null }, at.clock.now + 60 * minute);
    await at.store.keepEvent(source.id, "contacts", [{ kind: "user", key: "ann" }]);

    expect(await at.store.corpCancelled(provider, suite, "wwcorp", toldAt)).toEqual([]);
    expect((await at.store.findSource(source.id))?.status).toBe("enabled");
    expect(await at.store.claimLooks(at.clock.now, at.clock.now)).toHaveLength(1);

    expect(await at.store.corpCancelled(provider, suite, "wwcorp", toldAt + 1000)).toEqual([source.id]);
    const stopped = await at.store.findSource(source.id);
    expect(stopped).toMatchObject({ status: "disabled", nextRunAt: null });
    expect(stopped?.settings.disabledBecause).toContain("cancelled");
    expect(stopped?.settings.leaving).toBeUndefined();
    expect((await at.store.findSource(bystander.id))?.status).toBe("enabled");
    expect(await rows(provider)).toMatchObject([{ status: "cancelled", permanentCode: null }]);
    expect(await at.store.markedSources()).toEqual([]);
    expect(await at.store.corpCancelled(provider, suite, "wwcorp", toldAt + 1000)).toEqual([]);
  });

  it("erases what people of a corp that cancels have given by consent, and nobody else's", async () => {
    const provider = await makeProvider();
    await keep(provider, "code", null);
    await exchange("wwcorp", "pc");
    const [row] = await at.store.listAuthorizations(provider);
    const source = await sourceOf(row?.id ?? "");
    const bystander = await at.store.createSource(newSource("bystander"));
    for (const { id } of [source, bystander])
      await at.store.saveConsent(id, { key: "ann", userid: "Ann" }, { mobile: "13800000000" });

    expect(await at.store.corpCancelled(provider, suite, "wwcorp", at.clock.now + 1000)).toEqual([source.id]);
    const erased = { state: "withdrawn", withdrawnAt: at.clock.now };
    expect(await at.store.findConsent(source.id, "ann")).toMatchObject(erased);
    expect((await at.store.givenFields(source.id, ["ann"])).get("ann")).toEqual({ values: {}, withdrawn: ["mobile"] });
    expect(await at.store.findConsent(bystander.id, "ann")).toMatchObject({ state: "agreed", withdrawnAt: null });
  });

  it("makes the sources of a corp due whose authorisation changed", async () => {
    const provider = await makeProvider();
    await keep(provider, "code", null);
    await exchange("wwcorp", "pc");
    const [row] = await at.store.listAuthorizations(provider);
    const source = await sourceOf(row?.id ?? "");
    await at.store.corpChanged(provider, suite, "wwother");
    expect((await at.store.findSource(source.id))?.nextRunAt).toBe(source.nextRunAt);
    await at.store.corpChanged(provider, suite, "wwcorp");
    expect((await at.store.findSource(source.id))?.nextRunAt).toBe(at.clock.now);
  });

  it("ends nothing for a permanent code that has been replaced since WeCom was asked, or may be about to be", async () => {
    const provider = await makeProvider();
    await keep(provider, "first", null);
    await exchange("wwcorp", "pc-1");
    const [asked] = await at.store.claimLooks(at.clock.now, at.clock.now + minute);
    if (asked === undefined) throw new Error("nothing is to be asked about");
    at.clock.now += minute;
    await keep(provider, "second", null);
    expect(await at.store.endAuthorization(asked.row, "refused")).toBeNull();
    await exchange("wwcorp", "pc-2");
    expect(await at.store.endAuthorization(asked.row, "refused")).toBeNull();
    expect(await rows(provider)).toMatchObject([{ status: "authorised", permanentCode: "pc-2" }]);
    const [now] = await at.store.listAuthorizations(provider);
    if (now === undefined) throw new Error("it is gone");
    expect(await at.store.endAuthorization(now, "refused")).toEqual([]);
    expect(await rows(provider)).toMatchObject([{ status: "cancelled", permanentCode: null }]);
    expect(await at.store.endAuthorization(now, "refused")).toBeNull();
  });

  it("keeps the permanent code of an exchange, though another that came second gave the code up", async () => {
    const provider = await makeProvider();
    const asked = await request(provider, "s1");
    await keep(provider, "code", "s1");
    const [code] = await at.store.claimCodes(at.clock.now, at.clock.now + minute);
    await at.store.postponeCode(code?.hash ?? "", "WeCom does not accept the code", null);
    const grant = { corpId: "wwcorp", corpName: null, permanentCode: "pc", state: null };
    await at.store.settleCode(code?.hash ?? "", grant);
    expect(await at.store.findAuthorization(asked.id)).toMatchObject({
      ...{ status: "authorised", permanentCode: "pc", reason: null },
    });
    expect(await at.store.openCodes(provider)).toEqual([]);
    await at.store.postponeCode(code?.hash ?? "", "late", null);
    await at.store.settleCode(code?.hash ?? "", { ...grant, permanentCode: "again" });
    expect(await rows(provider)).toMatchObject([{ status: "authorised", permanentCode: "pc" }]);
  });

  it("leaves a code to whoever exchanges it when a ticket comes", async () => {
    const provider = await makeProvider();
    await keep(provider, "code", null);
    const [code] = await at.store.claimCodes(at.clock.now, at.clock.now + minute);
    await at.store.postponeCode(code?.hash ?? "", "no ticket", at.clock.now + 1000);
    at.clock.now += 1000;
    expect(await at.store.claimCodes(at.clock.now, at.clock.now + minute)).toHaveLength(1);
    await at.store.keepTicket(provider, suite, "ticket", at.clock.now);
    expect(await at.store.claimCodes(at.clock.now, at.clock.now + minute)).toEqual([]);
    // Whoever it was may have been stopped.
    expect(await at.store.claimCodes(at.clock.now + minute, at.clock.now + 2 * minute)).toHaveLength(1);
  });

  it("has one authorisation of a corp whose codes two processes settle at once", async () => {
    const provider = await makeProvider();
    const other = await at.openAnother();
    const codes = ["one", "two", "three", "four"];
    for (const [index, code] of codes.entries()) await keep(provider, code, null, at.clock.now - index * 1000);
    const claimed = await at.store.claimCodes(at.clock.now, at.clock.now + minute);
    const grant = { corpId: "wwcorp", corpName: null, state: null };
    await Promise.all(
      claimed.map(({ hash, code }, index) =>
        (index % 2 === 0 ? at.store : other).settleCode(hash, { ...grant, permanentCode: code }),
      ),
    );
    expect(await rows(provider)).toMatchObject([{ status: "authorised", permanentCode: "one" }]);
    await other.close();
  });

  it("says of a request why its code was given up", async () => {
    const provider = await makeProvider();
    const asked = await request(provider, "s1");
    await keep(provider, "code", "s1");
    const [code] = await at.store.claimCodes(at.clock.now, at.clock.now + minute);
    await at.store.postponeCode(code?.hash ?? "", "not yet", at.clock.now + minute);
    expect(await at.store.findAuthorization(asked.id)).toMatchObject({ status: "waiting", reason: "not yet" });
    await at.store.postponeCode(code?.hash ?? "", "too old", null);
    expect(await at.store.findAuthorization(asked.id)).toMatchObject({
      status: "failed",
      reason: "too old",
      url: null,
    });
    expect(await at.store.openCodes(provider)).toMatchObject([{ error: "too old", isTried: false }]);
  });

  it("keeps no secret in the clear", async () => {
    const provider = await makeProvider();
    await at.store.keepTicket(provider, suite, "planted-ticket", 1000);
    await request(provider, "planted-state");
    await keep(provider, "planted-code", null);
    await keep(provider, "planted-other", "planted-state");
    await exchange("wwcorp", "planted-permanent");
    for (const table of ["provider", "suite_ticket", "auth_code", "corp_authorization"]) {
      const text = JSON.stringify(await at.rows(`select * from ${table}`));
      for (const secret of ["p-secret", "planted-ticket", "planted-code", "planted-other", "planted-permanent"]) {
        expect(text).not.toContain(secret);
      }
      expect(text).not.toContain("https://wecom.test/");
    }
  });

  it("forgets a provider with all that is kept of it", async () => {
    const provider = await makeProvider();
    await at.store.keepTicket(provider, suite, "ticket", 1000);
    await request(provider, "s1");
    await keep(provider, "code", null);
    await at.store.deleteProvider(provider);
    for (const table of ["provider", "suite_ticket", "auth_code", "corp_authorization"]) {
      expect(await at.rows(`select * from ${table}`)).toEqual([]);
    }
  });
});
