import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { type BridgeHome, makeBridgeHome } from "../support/bridge.ts";
import { targetForm } from "../support/e2e.ts";
import { projectDir } from "../support/imports.ts";

// The commands of docs/scim.md, in order, in one shell, against the built program.

const blocks = [...readFileSync(join(projectDir, "docs/scim.md"), "utf8").matchAll(/^```sh\n([\s\S]*?)^```/gm)];

let home: BridgeHome;
let target: ScimSimulator;
afterEach(async () => {
  await home?.close();
  await target?.close();
});

it("what the page on SCIM tells to do can be done, and reaches a target", { timeout: 60_000 }, async () => {
  home = await makeBridgeHome();
  target = await startScimSimulator();
  const { url, api } = await home.start();
  const folder = dirname(home.schemasDir);
  const script = blocks.map(([, text = ""]) => text).join("\necho\n");
  const commands = script
    .replaceAll("npx wecom-scim-bridge", `${process.execPath} ${join(projectDir, "dist/main.js")}`)
    .replaceAll(/^curl /gm, "curl -sS --fail-with-body ")
    .replaceAll(/\$\(curl -s /g, "$(curl -sS --fail-with-body ");
  writeFileSync(join(folder, "scim.sh"), `set -e\n${commands}`);
  const { stdout } = await promisify(execFile)("bash", ["scim.sh"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], BRIDGE_URL: url, BRIDGE_TOKEN: home.adminToken },
  });
  expect(stdout).toContain('"created":1');
  const { items } = await api.call<{ items: readonly { displayName: string; members: number }[] }>(
    "GET",
    "/user-groups",
  );
  expect(items.map(({ displayName, members }) => [displayName, members])).toEqual([
    ["VPN", 1],
    ["顾问", 1],
  ]);
  const departments = await api.call<{ items: readonly { displayName: string }[] }>("GET", "/sources/partners/groups");
  expect(departments.items.map(({ displayName }) => displayName)).toEqual(["合作伙伴", "合作伙伴/研发"]);

  const targetId = await api.createTarget({ ...targetForm("staff-app", target, ["partners"]) });
  await api.ended((await api.call<{ id: string }>("POST", `/targets/${targetId}/push`)).id);
  expect(target.control.dump().users).toHaveLength(2);
  expect(target.control.dump().groups).toHaveLength(4);
});
