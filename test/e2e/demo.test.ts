import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runProgram } from "../support/bridge.ts";
import { projectDir } from "../support/imports.ts";

const env = { PATH: process.env["PATH"], PORT: "0" };

it("the demo's first sync says what was read and pushed, and ends with 0", { timeout: 180_000 }, async () => {
  const demo = runProgram(["demo", "--once"], env);
  expect(await demo.exited).toBe(0);
  const said = demo.stdout();
  expect(said).toMatch(/read and mapped +users: 300 read, 300 created/);
  expect(said).toMatch(/pushed +users: 300 created/);
  expect(said).toContain("The target holds exactly what the simulated WeCom says");
  expect(said).not.toMatch(/break the RFC/);
  expect(demo.stderr()).toBe("");
});

it("the demo stays up while its corp changes, shows where to look, and ends when told to", {
  timeout: 180_000,
}, async () => {
  const demo = runProgram(["demo"], env);
  try {
    const [, endpoint = "", token = ""] = await demo.says("stdout", /SCIM endpoint +(\S+) +token (\S+)/);
    const [, targetPage = ""] = await demo.says("stdout", /The target +(http\S+)/);
    const [, corpUrl = ""] = await demo.says("stdout", /The simulated WeCom +(http\S+)/);
    const [, control = "", controlToken = ""] = await demo.says("stdout", /The target's control +(\S+) +token (\S+)/);
    await demo.says("stdout", /Ctrl-C ends the demo/);
    for (const page of [targetPage, corpUrl]) expect((await fetch(page)).status).toBe(200);
    const taught = await fetch(`${control}/extensions`, {
      method: "PUT",
      headers: { authorization: `Bearer ${controlToken}` },
      body: readFileSync(`${projectDir}/schemas/extensions/wecom.json`),
    });
    expect(taught.status).toBe(204);
    const before = await newest(endpoint, token);

    // Both changes of a round, and then the task that brought them.
    await demo.says("stdout", /In WeCom: .+; .+\n(.*\n)*? {2}succeeded\n/);
    expect(await newest(endpoint, token)).not.toBe(before);
    expect(await demo.end("SIGTERM")).toBe(0);
    expect(demo.stderr()).toBe("");
  } finally {
    await demo.end("SIGKILL");
  }
});

/** When anything at the SCIM endpoint changed last. */
async function newest(endpoint: string, token: string): Promise<string> {
  let latest = "";
  for (const type of ["Users", "Groups"]) {
    const response = await fetch(`${endpoint}/${type}?count=1000&attributes=meta`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { Resources } = (await response.json()) as {
      readonly Resources: readonly { readonly meta: { readonly lastModified: string } }[];
    };
    for (const { meta } of Resources) if (meta.lastModified > latest) latest = meta.lastModified;
  }
  return latest;
}
