import { expect, test } from "vitest";
import { makeMetrics } from "../../src/metrics/metrics.ts";
import { makeGaugeReader } from "../../src/metrics/read-gauges.ts";
import { bearerTarget, makeAdminFixture, wecomSource } from "../support/admin.ts";

test("what is paused, and what undos keep, is a number", async () => {
  const { request, store, database, clock } = await makeAdminFixture();
  const source = (await request("POST", "/api/v1/sources", wecomSource("corp"))).body.id;
  const other = (await request("POST", "/api/v1/sources", wecomSource("branch"))).body.id;
  await request("POST", "/api/v1/targets", bearerTarget("app"));
  const read = makeGaugeReader(store, () => clock.now);
  const gauges = async () =>
    Object.fromEntries(
      (await read()).map(({ name, labels, value }) => [[name, ...Object.values(labels)].join(" "), value]),
    );
  const kept = { task_id: "undo", undoes: "task", fingerprint: null, mapping_version: "1", since: clock.now };
  for (const [resource_id, source_id, ended] of [
    ["r1", source, 0],
    ["r2", source, 0],
    ["r3", source, 1],
  ] as const) {
    await database.db
      .insertInto("kept")
      .values({ ...kept, resource_id, source_id, ended })
      .execute();
  }
  expect(await gauges()).toMatchObject({
    ...{ bridge_paused: 0, "bridge_target_paused app": 0 },
    ...{ "bridge_kept_resources corp": 2, "bridge_kept_resources branch": 0 },
  });
  await request("POST", "/api/v1/targets/app/pause");
  await request("PATCH", "/api/v1/settings", { paused: true });
  expect(await gauges()).toMatchObject({ bridge_paused: 1, "bridge_target_paused app": 1 });
  expect(await store.countKeptResources({ source: other })).toEqual(new Map());
  expect(await store.countKeptResources({ task: "undo" })).toEqual(new Map([[source, 2]]));
  // Each has a help and labels of its own.
  const metrics = makeMetrics();
  metrics.setGauges(await read());
  expect(JSON.stringify(await metrics.read())).toContain('"labels":{"source":"corp"}');
});
