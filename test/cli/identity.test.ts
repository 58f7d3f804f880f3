import { afterEach, beforeEach, expect, it } from "vitest";
import { wecomSource } from "../support/admin.ts";
import { type CliFixture, makeCliFixture } from "./fixture.ts";

let cli: CliFixture;
let source: string;

beforeEach(async () => {
  cli = await makeCliFixture();
  source = (await cli.admin.request("POST", "/api/v1/sources", wecomSource("总部"))).body.id;
});

afterEach(() => cli.close());

async function addCase(id: string, more: { readonly kind?: "rename" | "exchange" | "return" } = {}): Promise<void> {
  await cli.admin.database.db
    .insertInto("identity_case")
    .values({
      ...{ id, source_id: source, kind: "rename", state: "open", done: 0, resource_id: "r1", other_id: null },
      ...{ from_key: "zhangsan", to_key: "zhang.san", evidence: '["mobile"]', told: 0, task_id: "t1" },
      ...{ asked_at: cli.admin.clock.now, expires_at: cli.admin.clock.now + 1000, decided_at: null, decided_by: null },
      ...more,
    })
    .execute();
}

it("shows what is asked, and that nothing is", async () => {
  expect(await cli.run(["identity"])).toMatchObject({ exitCode: 0, stdout: "Nothing is asked.\n" });
  await addCase("c1");
  const { stdout } = await cli.run(["identity", "list", "--source", "总部"]);
  expect(stdout).toMatch(/^CASE +KIND +STATE/);
  expect(stdout).toMatch(/c1 +rename +open .*zhangsan +zhang\.san +mobile/);
  expect(JSON.parse((await cli.run(["identity", "--json"])).stdout)).toMatchObject([{ id: "c1", told: false }]);
  expect(await cli.run(["identity", "--source", "nowhere"])).toMatchObject({ exitCode: 1 });
});

it("answers, once, and says which sync carries it out", async () => {
  await addCase("c1");
  const { exitCode, stdout } = await cli.run(["identity", "same", "c1"]);
  expect({ exitCode, stdout }).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^Case c1 is accepted; task .+ carries it out\.\n$/),
  });
  const again = await cli.run(["identity", "another", "c1"]);
  expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("not open any more: it is accepted") });
  expect(await cli.run(["identity", "same", "c9"])).toMatchObject({ exitCode: 1 });
  const { body } = await cli.admin.request("GET", "/api/v1/identity-cases/c1");
  expect(body).toMatchObject({ state: "accepted", decidedBy: "admin", carriedOut: false });
});

it("takes no yes to an exchange", async () => {
  await addCase("c2", { kind: "exchange" });
  const yes = await cli.run(["identity", "same", "c2"]);
  expect(yes).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("can't be followed") });
  expect(await cli.run(["identity", "another", "c2"])).toMatchObject({ exitCode: 0 });
});

it("shows a server's refusal of fields that are no paths", async () => {
  const bad = { sync: { identity: { fields: ["mobile", "extattr"] } } };
  const { status, body } = await cli.admin.request("PATCH", `/api/v1/sources/${source}`, bad);
  expect(status).toBe(400);
  expect(body.errors).toMatchObject([{ pointer: "/sync/identity/fields/1" }]);
});
