import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { startWecomSimulator, type WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { type BridgeHome, makeBridgeHome } from "../support/bridge.ts";
import { sourceForm, targetForm } from "../support/e2e.ts";
import { projectDir } from "../support/imports.ts";

// "The whole way" of docs/mapping.md, done word for word: its edits in its files, its commands in a shell, one server that
// is never restarted.

const text = readFileSync(join(projectDir, "docs/mapping.md"), "utf8");
const section = /^## The whole way$([\s\S]*?)^## /m.exec(text)?.[1] ?? "";
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const own = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";

let wecom: WecomSimulator;
let target: ScimSimulator;
let home: BridgeHome;

afterEach(async () => {
  await home?.close();
  await wecom?.close();
  await target?.close();
});

it("an administrator with only the docs brings two fields to a target, sees it at each step, and takes it back", {
  timeout: 120_000,
}, async () => {
  wecom = await startWecomSimulator({ shape: { members: 80, departments: 8, seed: 5 } });
  target = await startScimSimulator();
  home = await makeBridgeHome();
  const bridge = await home.start();
  const source = await bridge.api.createSource(sourceForm("headquarters", wecom.url, wecom));
  await bridge.api.createTarget(targetForm("staff-app", target, [source]));
  const attrs = (number: string, badge: string) => ({
    attrs: [
      { type: 0 as const, name: "工号", text: { value: ` ${number} ` } },
      { type: 0 as const, name: "工牌", text: { value: badge } },
    ],
  });
  const [first, second] = wecom.control.truth().members.filter(({ status }) => status === 1);
  if (!first || !second) throw new Error("too few people");
  wecom.control.patchMember(first.userid, { extattr: attrs("0007", "B-7") });
  wecom.control.patchMember(second.userid, { extattr: attrs("0008", "") });
  expect((await bridge.api.sync(source)).state).toBe("succeeded");
  const numbered = wecom.control.truth().members.filter(({ extattr }) => numberOf(extattr) !== undefined).length;
  const before = target.control.dump();

  const shell = makeShell(dirname(home.schemasDir), bridge.url, home.adminToken, first.userid);
  const said: string[] = [];
  for (const block of blocksOf(section)) {
    if ("path" in block) edit(join(dirname(home.schemasDir), block.path), block.pointer, block.value);
    else {
      if (block.command.includes("/targets/staff-app/push")) {
        const schema = JSON.parse(readFileSync(join(home.schemasDir, "extensions/wecom.json"), "utf8"));
        expect(held(first.userid)).toMatchObject({ [enterprise]: { employeeNumber: "0007" } });
        expect(held(first.userid)).not.toMatchObject({ [own]: { badge: "B-7" } });
        target.control.defineExtension(schema);
        target.control.resetJournal();
      }
      said.push(await shell(block.command));
      if (block.command.includes("/targets/staff-app/push")) {
        await expect.poll(() => held(first.userid), { timeout: 20_000 }).toMatchObject({ [own]: { badge: "B-7" } });
        // One request for the one person who has a badge.
        expect(target.control.requests().counts["PATCH User"]).toBe(1);
        expect(held(second.userid)).toMatchObject({ [enterprise]: { employeeNumber: "0008" } });
      }
    }
  }
  const whole = said.join("\n");
  expect(whole).toContain("ok: "); // validate
  expect(whole).toContain("wecom: version 2 is in force from the next sync on");
  expect(whole).toContain(`employeeNumber: "0007"`); // preview
  expect(whole).toContain(`badge: "B-7"`);
  expect(whole).toMatch(new RegExp(`employeeNumber +${numbered} +0 +0 `)); // impact
  expect(whole).toMatch(/:badge +1 +0 +0 /); // of an attribute that is not in force yet
  expect(whole).toContain('"name":"badge"'); // /Schemas
  expect(whole).toContain('"mapping":{"name":"wecom","version":2,"problem":null}');
  expect(whole).toContain(`"attribute":"${enterprise}:employeeNumber"`); // records
  expect(whole).toContain("wecom: version 1 is in force from the next sync on");
  // Taken back: as it was.
  expect(held(first.userid)).toEqual(
    before.users.find(({ resource }) => resource["externalId"] === first.userid)?.resource,
  );
  expect(target.control.violations()).toEqual([]);
});

function held(userid: string) {
  return target.control.dump().users.find(({ resource }) => resource["externalId"] === userid)?.resource;
}

function numberOf(extattr: { readonly attrs: readonly object[] } | undefined): string | undefined {
  const entry = (extattr?.attrs ?? []).find((each) => "name" in each && each.name === "工号");
  const value =
    entry && ("text" in entry ? (entry.text as { value: string }).value : (entry as { value?: string }).value);
  return value?.trim() || undefined;
}

type Block = { readonly command: string } | { readonly path: string; readonly pointer: string; readonly value: object };

function blocksOf(markdown: string): readonly Block[] {
  const found = markdown.matchAll(/^```(sh|json edit (\S+) (\S+))\n([\s\S]*?)^```$/gm);
  return [...found].map(([, kind, path = "", pointer = "", body = ""]) =>
    kind === "sh" ? { command: body } : { path, pointer, value: JSON.parse(body) },
  );
}

/** Adds members to an object of a file, or an item to a list: what the page asks its reader to do. */
function edit(file: string, pointer: string, value: object): void {
  const content = JSON.parse(readFileSync(file, "utf8"));
  const place = content[pointer.slice(1)];
  if (Array.isArray(place)) place.push(value);
  else Object.assign(place, value);
  writeFileSync(file, JSON.stringify(content, null, 2));
}

/** A shell that remembers its variables, in a folder that has `schemas`. */
function makeShell(cwd: string, url: string, token: string, userid: string) {
  const program = `node ${join(projectDir, "bin/wecom-scim-bridge.js")}`;
  const env = { PATH: process.env["PATH"], BRIDGE_URL: url, BRIDGE_TOKEN: token };
  return async (command: string): Promise<string> => {
    const mine = command.replaceAll("npx wecom-scim-bridge", program).replaceAll("zhangsan", userid);
    const { stdout } = await promisify(execFile)("sh", ["-ec", mine.replaceAll("curl ", "curl -sSf ")], { cwd, env });
    return stdout;
  };
}
