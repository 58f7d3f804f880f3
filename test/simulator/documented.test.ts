import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { controlRoutes } from "../../src/simulator/scim/control-routes.ts";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { controlApi } from "../../src/simulator/wecom/control-api.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type CallbackReceiver, receiveCallbacks } from "../support/callback-receiver.ts";
import { projectDir } from "../support/imports.ts";

// The requests of docs/simulators.md, in order, in one shell, against simulators that run here.

const page = readFileSync(join(projectDir, "docs/simulators.md"), "utf8");
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .map(([, block = ""]) => block)
  .filter((block) => /\bcurl /.test(block))
  .join("");

let wecom: WecomSimulator;
let scim: ScimSimulator;
let receiver: CallbackReceiver;
let suiteReceiver: CallbackReceiver;
beforeEach(async () => {
  wecom = await startWecomSimulator({ shape: { members: 40, departments: 5, seed: 1 } });
  scim = await startScimSimulator();
  // With the keys that the page has.
  receiver = await receiveCallbacks({
    token: "QDG6eK",
    encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    corpId: wecom.corpId,
  });
  suiteReceiver = await receiveCallbacks({
    token: "QDG6eK",
    encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    corpId: wecom.provider.corpId,
  });
});
afterEach(async () => {
  await wecom.close();
  await scim.close();
  receiver.close();
  suiteReceiver.close();
});

it("what the page on the simulators tells to do can be done, and does what it says", async () => {
  const before = wecom.control.truth();
  const { suiteId: template } = wecom.provider.suites.find(({ kind }) => kind === "customised") ?? { suiteId: "" };
  const script = commands.replaceAll(/^export .*\n/gm, "").replaceAll(/\bcurl /g, "curl -sS --fail-with-body ");
  const { stdout, stderr } = await promisify(execFile)("sh", ["-ec", script], {
    cwd: projectDir,
    env: {
      PATH: process.env["PATH"],
      WECOM_CONTROL: `${wecom.url}/_control/${wecom.corpId}`,
      CONTROL_URL: scim.controlUrl,
      CALLBACK_URL: receiver.url,
      ...{ PROVIDER_CONTROL: `${wecom.url}/_control/provider`, TEMPLATE: template, CORP: wecom.corpId },
      SUITE_CALLBACK_URL: suiteReceiver.url,
      CONTROL_TOKEN: scim.token,
    },
  });
  expect(stderr).toBe("");
  for (const part of [
    `"suiteId":"${template}"`,
    '"delivered":',
    "石岩",
    '"errcode":45009',
    '"kind":"throttle"',
    '"users":0',
  ])
    expect(stdout).toContain(part);
  // Five changes, and a clock that has moved, are left.
  expect(wecom.control.truth()).not.toEqual(before);
  expect(wecom.control.settings()).toMatchObject({ privacy: "new", departedListed: false });
  expect(wecom.control.faults()).toEqual([]);
  expect([scim.control.counts().users, scim.control.faults(), scim.control.isDown()]).toEqual([0, [], false]);
});

it("the page has a request for each control route, and names every kind of fault", () => {
  const requests = commands
    .replaceAll("\\\n", " ")
    .split(/\bcurl /)
    .slice(1)
    .map((text) => {
      const method = /-X ([A-Z]+)/.exec(text)?.[1] ?? "GET";
      const [, base = "", path = ""] = /"\$(WECOM_CONTROL|CONTROL_URL)([^"?]*)[?"]/.exec(text) ?? [];
      return `${method} ${base}${path}`;
    });
  const routes = [
    ...controlApi([wecom]).routes.map(({ method, path }) => [method, path.replace("/:corp", "WECOM_CONTROL")]),
    ...controlRoutes(scim.control, "").routes.map(({ method, path }) => [method, `CONTROL_URL${path}`]),
  ].filter(([method, path]) => method !== "ALL" && path !== undefined);
  expect(routes.length).toBeGreaterThan(40);
  const missing = routes.filter(([method, path = ""]) => {
    const form = new RegExp(`^${method} ${path.replaceAll(/:[a-z]+/g, "[^/]+")}$`);
    return !requests.some((request) => form.test(request));
  });
  expect(missing).toEqual([]);

  for (const file of ["scim/fault.ts", "wecom/control-schemas.ts"]) {
    const text = readFileSync(join(projectDir, "src/simulator", file), "utf8");
    const kinds = [...text.matchAll(/kind: z\.literal\("([a-z-]+)"\)/g)].map(([, kind]) => kind);
    expect(kinds.length).toBeGreaterThan(7);
    for (const kind of kinds) expect(page).toMatch(new RegExp(`^\\| .*\`${kind}\``, "m"));
  }
});
