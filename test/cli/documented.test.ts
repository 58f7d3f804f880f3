import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { projectDir } from "../support/imports.ts";

// The commands of docs/mapping.md, run by a shell from the project's folder with the program as it was built. Those that
// ask a running server are not among them; "The whole way" is done in test/e2e/mapping-docs.test.ts.

const text = readFileSync(`${projectDir}/docs/mapping.md`, "utf8");
const whole = /^## The whole way$[\s\S]*?(?=^## )/m.exec(text)?.[0] ?? "";
const commands = [...text.replace(whole, "").matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .map(([, block = ""]) => block.trim())
  .filter((block) => !block.includes("$BRIDGE_URL"));
const workflow = /- run: (node bridge\/bin\/\S+ mapping validate .*)$/m.exec(text)?.[1] ?? "";

const run = (command: string) => promisify(execFile)("sh", ["-ec", command], { cwd: projectDir });
const here = "node bin/wecom-scim-bridge.js";

describe("the commands in docs/mapping.md", () => {
  it("are there", () => {
    expect(commands).toHaveLength(2);
    expect(commands.join("\n").match(/npx wecom-scim-bridge mapping/g)).toHaveLength(3);
  });

  it.each(commands)("end with 0: %s", async (command) => {
    const { stdout, stderr } = await run(command.replaceAll("npx wecom-scim-bridge", here));
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^ok: \d+ files, |"displayName": "张三"/m);
  });

  it("end with 0 in the workflow, which runs elsewhere", async () => {
    const { stdout } = await run(workflow.replace("node bridge/", "node "));
    expect(stdout).toMatch(/^ok: \d+ files, /m);
  });

  it("end with 1 and 2 as said, and without a word when nobody reads on", async () => {
    await expect(
      run(`echo '{}' | ${here} mapping preview schemas/mappings/wecom.json --member -`),
    ).rejects.toMatchObject({
      code: 1,
    });
    await expect(run(`${here} mapping validate nothing.json`)).rejects.toMatchObject({ code: 2, stdout: "" });
    const { stderr } = await run(`${here} mapping validate --json | head -1`);
    expect(stderr).toBe("");
  });
});
