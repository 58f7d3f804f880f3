import { afterEach, expect, it } from "vitest";
import { runProgram } from "../support/bridge.ts";
import type { Task } from "../support/bridge-api.ts";
import { wrongAt } from "../support/e2e-compare.ts";
import { type Line, makeLine } from "../support/e2e-line.ts";

let line: Line | null = null;
afterEach(() => line?.close());

const timeout = { timeout: 120_000 };
const shape = { members: 60, departments: 8, seed: 77 };

async function command({ bridge, home }: Line, ...args: readonly string[]) {
  const env = { PATH: process.env["PATH"], BRIDGE_URL: bridge.url, BRIDGE_TOKEN: home.adminToken };
  const program = runProgram(args, env);
  const exitCode = await program.exited;
  return { exitCode, stdout: program.stdout(), stderr: program.stderr() };
}

// biome-ignore lint/suspicious/noExplicitAny: the test looks into answers freely
async function post({ bridge, home }: Line, path: string, body?: object): Promise<{ status: number; body: any }> {
  const response = await fetch(`${bridge.url}/api/v1${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${home.adminToken}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

it("plans everything, shows the requests, applies just that, and then finds nothing to do", timeout, async () => {
  line = await makeLine(shape);
  const { wecom, target, bridge } = line;
  const planned = await command(line, "plan", "--requests", "--detailed-exitcode");
  expect(planned).toMatchObject({ exitCode: 2 });
  expect(planned.stdout).toMatch(/^Plan of corp: succeeded/);
  expect(planned.stdout).toMatch(/^target: POST \/Users {2}\(\S.*, \S+\)$/m);
  expect(planned.stdout).toMatch(/PATCH \/Groups\/~id-of-[-0-9a-f]+~ {2}\(\S.*\) {2}\(not exact/);
  expect(planned.stdout).not.toContain(target.token);
  expect(target.control.counts()).toMatchObject({ users: 0, groups: 0 });

  const [, id = "", digest = ""] = /plan --apply (\S+) --digest ([0-9a-f]{64})/.exec(planned.stdout) ?? [];
  const all = await bridge.api.call<{ items: readonly object[] }>("GET", `/sync-tasks/${id}/requests?limit=500`);
  const page = await bridge.api.call<{ items: readonly object[]; nextCursor: string }>(
    "GET",
    `/sync-tasks/${id}/requests?limit=10&target=target`,
  );
  expect(page).toMatchObject({ items: all.items.slice(0, 10), nextCursor: expect.any(String) });
  const next = await bridge.api.call("GET", `/sync-tasks/${id}/requests?limit=10&cursor=${page.nextCursor}`);
  expect(next).toMatchObject({ items: all.items.slice(10, 20) });

  const other = await post(line, `/sync-tasks/${id}/apply`, { digest: "0".repeat(64) });
  expect(other).toMatchObject({ status: 409, body: { type: "urn:wecom-scim-bridge:problem:plan-moved" } });
  const applied = await command(line, "plan", "--apply", id, "--digest", digest);
  expect(applied).toMatchObject({ exitCode: 0 });
  expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
  const again = await command(line, "plan", "--detailed-exitcode");
  expect(again).toMatchObject({ exitCode: 0 });
  expect(again.stdout).toContain("nothing to do");
});

it("a plan that is out of date is a 409 in words, whatever moved", timeout, async () => {
  line = await makeLine(shape);
  const { wecom, target, bridge } = line;
  await line.sync();
  const [one, two] = wecom.control.truth().members.map(({ userid }) => userid);
  wecom.control.patchMember(one ?? "", { position: "planned" });
  const plan = async (): Promise<Task> => {
    const { id } = await bridge.api.call<Task>("POST", "/sources/corp/sync-tasks", { mode: "plan" });
    return bridge.api.ended(id);
  };
  const refused = async ({ id }: Task, why: RegExp): Promise<void> => {
    target.control.resetJournal();
    const answer = await post(line as Line, `/sync-tasks/${id}/apply`, {});
    expect(answer).toMatchObject({ status: 409, body: { type: "urn:wecom-scim-bridge:problem:plan-moved" } });
    expect(answer.body.detail).toMatch(why);
    expect(Object.keys(target.control.requests().counts).filter((kind) => !kind.startsWith("GET"))).toEqual([]);
  };
  let made = await plan();
  expect(made).toMatchObject({ mode: "plan", plan: { changes: 2, requests: 1, wouldHold: null, whole: true } });
  await bridge.api.call("PATCH", "/targets/target", { provision: { onRemoval: "delete" } });
  await refused(made, /the settings of target target were changed/);

  made = await plan();
  await bridge.api.call("PATCH", "/sources/corp", { sync: { intervalHours: 7 } });
  await refused(made, /the settings of the source were changed/);

  made = await plan();
  const { text } = await bridge.api.call<{ text: string }>("GET", "/mappings/wecom");
  const mapping = JSON.parse(text);
  mapping.user.title = { const: "other" };
  const { version } = await bridge.api.call<{ version: number }>("PUT", "/mappings/wecom", mapping);
  await bridge.api.call("POST", "/mappings/wecom/activate", { version });
  await refused(made, /the mapping is wecom version 2, the plan was made with wecom version 1/);
  await bridge.api.call("POST", "/mappings/wecom/activate", { version: 1 });

  made = await plan();
  wecom.control.patchMember(two ?? "", { position: "since" });
  await refused(made, /the source says something else than it did; 1 change of the directory differs; target target/);

  made = await plan();
  await line.sync();
  await refused(
    made,
    /The plan was not applied, because it would come out otherwise now: the directory was written to/,
  );

  const sync = await line.sync();
  expect((await post(line, `/sync-tasks/${sync.id}/apply`)).body).toMatchObject({
    status: 409,
    detail: "The task is no plan: its mode is apply.",
  });
  expect((await post(line, "/sync-tasks/nothing/apply")).status).toBe(404);
  expect((await post(line, `/sync-tasks/${made.id}/apply`, { digest: "x" })).body).toMatchObject({
    errors: [{ pointer: "/digest" }],
  });
  expect(await command(line, "plan", "--apply", made.id)).toMatchObject({ exitCode: 1 });
  expect(await command(line, "plan", "--source", "corp", "--target", "target")).toMatchObject({ exitCode: 2 });
  expect(await command(line, "plan", "--target", "nothing")).toMatchObject({ exitCode: 1 });
});

it("what is pending at a target is planned by itself, and read only", timeout, async () => {
  line = await makeLine(shape);
  const { target, bridge, wecom } = line;
  await bridge.api.call("PATCH", "/targets/target", { status: "disabled" });
  await line.sync();
  target.control.resetJournal();
  const ran = await command(line, "plan", "--target", "target", "--requests", "--json");
  expect(ran).toMatchObject({ exitCode: 0 });
  const { plans } = JSON.parse(ran.stdout);
  expect(plans).toMatchObject([{ source: null, mode: "plan", state: "succeeded", plan: { whole: true } }]);
  expect(plans[0].requests).toHaveLength(plans[0].plan.requests);
  expect(Object.keys(target.control.requests().counts).filter((kind) => !kind.startsWith("GET"))).toEqual([]);
  expect((await post(line, `/sync-tasks/${plans[0].id}/apply`)).body.detail).toContain("is disabled: enable it");
  await bridge.api.call("PATCH", "/targets/target", { status: "enabled" });
  const { body } = await post(line, "/targets/target/plan");
  const plan = await bridge.api.ended(body.id);
  const { status, body: applying } = await post(line, `/sync-tasks/${plan.id}/apply`, { digest: plan.plan?.digest });
  expect(status).toBe(202);
  expect(applying).toMatchObject({ appliesPlan: plan.id, mode: "apply" });
  expect(await bridge.api.ended(applying.id)).toMatchObject({ state: "succeeded" });
  expect(wrongAt(target.control.dump(), wecom.control.visibleTruth())).toEqual([]);
});
