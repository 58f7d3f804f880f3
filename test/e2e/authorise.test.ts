import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome, type RunningBridge } from "../support/bridge.ts";
import { noSafeguards, targetForm } from "../support/e2e.ts";
import { wrongAt } from "../support/e2e-compare.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";
import {
  connectProvider,
  listAuthorizations,
  type Provider,
  readAuthorization,
  requestAuthorization,
  suiteOf,
} from "../support/providers.ts";

// A corp's administrator scans a QR code: from a provider with nothing but its settings to people at a target.

interface SourceView {
  readonly id: string;
  readonly status: string;
  readonly disabledBecause: string | null;
  readonly wecom: Readonly<Record<string, unknown>>;
  readonly summary: { readonly users: number; readonly activeUsers: number };
}

describe.each(["SQLite", "PostgreSQL"])("a corp that authorises by QR code, kept in %s", (database) => {
  let postgres: TestPostgres | null = null;
  let wecom: WecomSimulator;
  let target: ScimSimulator;
  let home: BridgeHome;
  let bridge: RunningBridge;
  let provider: Provider;
  let template: string;

  beforeAll(async () => {
    if (database === "PostgreSQL") postgres = await startPostgres();
  });
  afterAll(() => postgres?.close());
  afterEach(async () => {
    await home?.close();
    await wecom?.close();
    await target?.close();
  });

  const start = async (): Promise<void> => {
    wecom = await startWecomSimulator({ shape: { members: 80, departments: 12, seed: 31, quirks: false } });
    target = await startScimSimulator();
    home = await makeBridgeHome(await postgres?.createDatabase());
    bridge = await home.start();
    provider = await connectProvider(wecom, bridge);
    template = suiteOf(wecom, "customised");
  };
  const { call } = { call: <T>(...args: Parameters<RunningBridge["api"]["call"]>) => bridge.api.call<T>(...args) };
  const stateOf = async (id: string) => (await readAuthorization(bridge, id)).state;
  const authorised = async (id: string): Promise<void> => {
    await expect.poll(() => stateOf(id), { timeout: 20_000, interval: 50 }).toBe("authorised");
  };
  const sourceForm = (authorization: string, more: object = {}) => ({
    name: "customer",
    type: "wecom",
    wecom: { authorization, limits: { requestsPerSecond: 150, concurrency: 5 } },
    safeguards: noSafeguards,
    ...more,
  });
  const readSource = (id: string) => call<SourceView>("GET", `/sources/${id}`);
  const wrong = () => wrongAt(target.control.dump(), wecom.control.visibleTruth());
  const arrived = async (): Promise<void> => {
    await expect.poll(wrong, { timeout: 20_000, interval: 50 }).toEqual([]);
  };

  it("has its people at a target, hears of changes, stops when it cancels, and goes on when it comes back", {
    timeout: 180_000,
  }, async () => {
    await start();
    expect(await call("POST", "/providers/our-company/test")).toMatchObject({ ok: true });
    const asked = await requestAuthorization(bridge, template, { sourceName: "customer" });
    expect(asked).toMatchObject({ state: "waiting", kind: "customised", invited: true, corp: null, source: null });
    expect(asked.qrCode).toMatch(/^<svg/);

    wecom.provider.control.scan(asked.url ?? "", wecom.corpId, { departments: [1], users: [], tags: [] });
    await authorised(asked.id);
    const done = await readAuthorization(bridge, asked.id);
    expect(done).toMatchObject({ corp: { id: wecom.corpId }, url: null, qrCode: null, source: null });

    const source = await bridge.api.createSource(sourceForm(asked.id));
    expect((await readAuthorization(bridge, asked.id)).source).toBe(source);
    await bridge.api.createTarget(targetForm("target", target, [source]));
    await bridge.api.sync(source);
    await arrived();
    const test = await call<{ ok: boolean; checks: readonly { name: string; ok: boolean; detail: string }[] }>(
      "POST",
      `/sources/${source}/test`,
    );
    expect(test.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(test.checks.map(({ name }) => name)).toContain("authorization");

    // Its contacts change: the suite's events come by the provider's address.
    const [member] = wecom.control.truth().members;
    wecom.control.patchMember(member?.userid ?? "", { position: "代开发" });
    await arrived();

    // Its administrator narrows the range: a sync is due at once.
    const { departments } = wecom.control.truth();
    const half = departments.filter(({ parentid }) => parentid === 1).map(({ id }) => id);
    wecom.provider.control.changeScope(template, wecom.corpId, { departments: half.slice(0, 2), users: [], tags: [] });
    await expect
      .poll(
        async () => {
          const { items } = await call<{ items: readonly { state: string; error: { code: string } | null }[] }>(
            "GET",
            `/sync-tasks?source=${source}&limit=1`,
          );
          return items[0]?.error?.code ?? null;
        },
        { timeout: 20_000 },
      )
      .toBe("source.visibility-shrunken");
    const before = await readSource(source);

    await new Promise((resolve) => setTimeout(resolve, 1100));
    wecom.provider.control.cancel(template, wecom.corpId);
    await expect.poll(async () => (await readSource(source)).status, { timeout: 20_000 }).toBe("disabled");
    const stopped = await readSource(source);
    expect(stopped.disabledBecause).toMatch(/cancelled/);
    expect(stopped.summary).toMatchObject({ users: before.summary.users, activeUsers: before.summary.activeUsers });
    expect(await stateOf(asked.id)).toBe("cancelled");
    await expect(call("PATCH", `/sources/${source}`, { status: "enabled" })).rejects.toThrow(/authorise the app again/);

    const again = await requestAuthorization(bridge, template, { corpId: wecom.corpId });
    wecom.provider.control.scan(again.url ?? "", wecom.corpId, { departments: [1], users: [], tags: [] });
    await authorised(again.id);
    await call("PATCH", `/sources/${source}`, { status: "enabled", wecom: { authorization: again.id } });
    expect((await readSource(source)).disabledBecause).toBeNull();
    await bridge.api.sync(source);
    await arrived();

    expect(bridge.stderr()).not.toMatch(/"level":(50|60)/);
    for (const { permanentCode } of wecom.provider.control.authorizations()) {
      expect(bridge.stderr()).not.toContain(permanentCode);
      expect(JSON.stringify([await listAuthorizations(bridge), await readSource(source)])).not.toContain(permanentCode);
    }
  });

  it("is not lost when the bridge is killed between the event and the exchange", { timeout: 120_000 }, async () => {
    await start();
    const asked = await requestAuthorization(bridge, template);
    wecom.provider.control.refuse("v2/get_permanent_code", -1, 1_000_000);
    wecom.provider.control.scan(asked.url ?? "", wecom.corpId);
    await wecom.provider.control.messagesIdle();
    await expect
      .poll(async () => (await readAuthorization(bridge, asked.id)).reason, { timeout: 30_000 })
      .toMatch(/busy/);
    await bridge.kill();
    wecom.provider.control.refuse("v2/get_permanent_code", 0, 0);
    bridge = await home.start();
    await expect.poll(() => stateOf(asked.id), { timeout: 60_000 }).toBe("authorised");
    expect(provider.id).toBeTruthy();
  });
});
