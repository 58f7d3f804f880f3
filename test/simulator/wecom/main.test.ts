import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { as } from "./support.ts";

const script = fileURLToPath(new URL("../../../src/simulator/wecom/main.ts", import.meta.url));

function run(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", script, ...args], { stdio: ["pipe", "pipe", "pipe"] });
}

async function ready(child: ChildProcess) {
  if (!child.stdout) throw new Error("no output");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return JSON.parse(line);
}

test("the process says where it listens in one line, serves, and ends with its standard input", async () => {
  const child = run("--members", "60", "--departments", "9", "--seed", "5", "--corps", "2");
  const exit = once(child, "exit");
  const said = await ready(child);
  expect(said.corps).toHaveLength(2);
  for (const corp of said.corps) {
    expect((await as(said.url, corp).get("department/list"))["department"]).toHaveLength(9);
  }
  child.stdin?.end();
  expect(await exit).toEqual([0, null]);
});

test("SIGTERM ends the process with 0", async () => {
  const child = run("--members", "1", "--departments", "1");
  const exit = once(child, "exit");
  await ready(child);
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
});

test("a wrong option ends it with 2 and says which", async () => {
  const child = run("--members", "many");
  let text = "";
  child.stderr?.on("data", (chunk) => {
    text += chunk;
  });
  expect(await once(child, "close")).toEqual([2, null]);
  expect(text).toContain("--members");
});
