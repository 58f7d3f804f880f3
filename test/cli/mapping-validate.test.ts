import { chmod, mkdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeTempFiles, type TempFiles } from "../support/temp-files.ts";
import { runCommand } from "./fixture.ts";

let files: TempFiles;

beforeEach(async () => {
  files = await makeTempFiles();
});

afterEach(() => files.remove());

const mapping = { user: { userName: { from: "userid" }, active: { expr: "member.status == 1" } } };
const badge = "urn:example:params:scim:schemas:extension:hr:2.0:User";
const extension = { id: badge, name: "HR", attributes: [{ name: "badge" }] };
const withBadge = { user: { ...mapping.user, [`${badge}:badge`]: { from: "extattr.工牌" } } };

const validate = (...args: readonly string[]) => runCommand(["mapping", "validate", ...args]);
const validateAsJson = async (...args: readonly string[]) => {
  const { exitCode, stdout } = await validate("--json", ...args);
  return { exitCode, ...JSON.parse(stdout) };
};

describe("a mapping file apart from any schemas directory", () => {
  it("is said to need --schemas where it has mistakes", async () => {
    const path = await files.write("apart.json", withBadge);
    const member = await files.write("member.json", { userid: "a" });
    const env = { BRIDGE_SCHEMAS_DIR: `${files.directory}/none` };
    for (const command of [
      ["validate", path],
      ["preview", path, "--member", member],
    ]) {
      const { exitCode, stderr } = await runCommand(["mapping", ...command], { env });
      expect(exitCode).toBe(1);
      expect(stderr).toContain("No extension schemas were found");
      expect(stderr).toContain("--schemas <dir>");
    }
    const fine = await files.write("fine.json", mapping);
    expect((await runCommand(["mapping", "validate", fine], { env })).stderr).toBe("");
  });
});

describe("mapping validate without files", () => {
  it("finds the shipped schemas directory all well", async () => {
    const { exitCode, stdout, stderr } = await validate();
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("ok  mapping    schemas/mappings/wecom.json");
    expect(stdout).toContain("ok  extension  schemas/extensions/wecom.json");
    expect(stdout).toContain("ok  target     schemas/targets/generic.json");
    expect(stdout).toMatch(/\nok: \d+ files, no problems, no warnings, \d+ tests\n$/);
  });

  it("reads the directory that BRIDGE_SCHEMAS_DIR or --schemas names, whatever else the environment says", async () => {
    await files.write("extensions/hr.json", extension);
    await files.write("mappings/a.json", withBadge);
    const env = { BRIDGE_SCHEMAS_DIR: files.directory, PORT: "none" };
    for (const ran of [
      await runCommand(["mapping", "validate"], { env }),
      await validate("--schemas", files.directory),
    ]) {
      expect(ran.exitCode).toBe(0);
      expect(ran.stdout).toContain("ok: 2 files, no problems");
    }
  });

  it("takes a file for what its folder says", async () => {
    await files.write("extensions/hr.json", mapping);
    await files.write("mappings/a.json", extension);
    await files.write("targets/t.json", { name: "T", title: "T", description: "t", facts: { patch: { value: 1 } } });
    const { exitCode, stdout } = await validate("--schemas", files.directory);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${files.path("extensions/hr.json")}:1:1 /id: `);
    expect(stdout).toContain(`${files.path("mappings/a.json")}:2:3 /id: unknown key`);
    expect(stdout).toContain(`${files.path("targets/t.json")}:2:11 /name: is not of lower-case letters, digits and -`);
    expect(stdout).toContain("/facts/patch/evidence: ");
    expect(stdout).toContain("FAILED: 3 files, ");
  });

  it("ends with 2 where there is no schemas directory, or nothing in it", async () => {
    const none = await validate("--schemas", files.path("none"));
    expect(none).toEqual({ exitCode: 2, stdout: "", stderr: `${files.path("none/mappings")}: is not there\n` });
    await mkdir(files.path("extensions"));
    expect((await validate("--schemas", files.directory)).stderr).toBe(`${files.path("mappings")}: is not there\n`);
    await mkdir(files.path("mappings"));
    expect(await validate("--schemas", files.directory)).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `${files.directory}: there is nothing to check\n`,
    });
  });

  it("does without a folder of extensions, which git does not keep when it is empty", async () => {
    await mkdir(files.path("mappings"));
    await files.write("mappings/own.json", mapping);
    expect(await validate("--schemas", files.directory)).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("mapping validate of files", () => {
  it("prints every problem of every file at its place, and which files are well", async () => {
    const broken = await files.write(
      "broken.json",
      '{\n  "user": {\n    "userName": { "from": "userid" },\n    "titel": { "from": "position" },\n    "active": { "const": "maybe" }\n  }\n}',
    );
    const good = await files.write("good.json", mapping);
    const noJson = await files.write("no-json.json", '{ "user": {,} }');
    const { exitCode, stdout } = await validate(broken, good, noJson);
    expect(exitCode).toBe(1);
    expect(stdout.split("\n")).toEqual([
      `${broken}:4:5 /user/titel: User has no attribute titel; did you mean title?`,
      `${broken}:5:26 /user/active/const: active takes true or false`,
      expect.stringMatching(/no-json\.json:1:12: is no JSON: /),
      `FAILED  mapping  ${broken}`,
      expect.stringMatching(/^ok {6}mapping {2}\S+good\.json +no tests$/),
      `FAILED           ${noJson}`,
      "FAILED: 3 files, 3 problems, no warnings, no tests",
      "",
    ]);
  });

  it("runs the tests that a mapping carries", async () => {
    const member = { userid: "li" };
    const tests = [
      { name: "holds", member, expect: { userName: "li" } },
      { name: "does not", member, expect: { userName: "wang", title: "x" } },
    ];
    const path = await files.write("a.json", { ...mapping, tests });
    const { exitCode, stdout } = await validate(path);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /a\.json:\d+:\d+ \/tests\/1\/expect\/userName: test "does not": expected "wang", got "li"\n/,
    );
    expect(stdout).toContain("1 of 2 tests failed\nFAILED: 1 file, no problems, no warnings, 2 tests, 1 failed\n");
    const { ok, files: checked } = await validateAsJson(path);
    expect(ok).toBe(false);
    expect(checked).toMatchObject([
      {
        file: path,
        kind: "mapping",
        ok: false,
        problems: [],
        warnings: [],
        tests: [
          { name: "holds", ok: true, failures: [] },
          { name: "does not", ok: false, failures: [{ path: "userName" }, { path: "title", expected: "x" }] },
        ],
      },
    ]);
  });

  it("ends with 0 on warnings alone", async () => {
    const path = await files.write("a.json", { user: { ...mapping.user, nickName: { from: "isleader" } } });
    const { exitCode, stdout } = await validate(path);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ \/user\/nickName: warning: WeCom calls isleader deprecated/);
    expect(stdout).toContain("ok: 1 file, no problems, 1 warning, no tests");
  });

  it("tells mappings from extensions by their content, and extensions of the command line count", async () => {
    const [a, b] = [await files.write("a.json", withBadge), await files.write("b.json", extension)];
    expect((await validateAsJson(a)).exitCode).toBe(1);
    const both = await validateAsJson(a, b);
    expect(both.exitCode).toBe(0);
    expect(both.files.map(({ kind }: { kind: string }) => kind)).toEqual(["mapping", "extension"]);
  });

  it("checks a mapping against --schemas, against the schemas directory that it lies in, or the default one", async () => {
    await files.write("own/extensions/hr.json", extension);
    const inside = await files.write("own/mappings/a.json", withBadge);
    const outside = await files.write("a.json", withBadge);
    expect((await validate(inside)).exitCode).toBe(0);
    expect((await validate(outside)).exitCode).toBe(1);
    expect((await validate(outside, "--schemas", files.path("own"))).exitCode).toBe(0);
    const env = { BRIDGE_SCHEMAS_DIR: files.path("own") };
    expect((await runCommand(["mapping", "validate", outside], { env })).exitCode).toBe(0);
    const nowhere = { BRIDGE_SCHEMAS_DIR: files.path("nowhere") };
    const plain = await files.write("plain.json", mapping);
    expect((await runCommand(["mapping", "validate", plain], { env: nowhere })).exitCode).toBe(0);
    const wrong = await validate(outside, "--schemas", files.path("own/mappings"));
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("is no schemas directory")]);
  });

  it("prefers an extension of the command line to one of the same URN in the directory", async () => {
    await files.write("own/extensions/hr.json", { ...extension, attributes: [{ name: "other" }] });
    const newer = await files.write("newer.json", { ...extension, id: badge.replace("urn:", "URN:") });
    const path = await files.write("own/mappings/a.json", withBadge);
    expect((await validate(path)).exitCode).toBe(1);
    expect((await validate(path, newer)).exitCode).toBe(0);
    const twice = await validate(path, newer, await files.write("again.json", extension));
    expect(twice.stdout).toContain("again.json:2:9 /id: ");
  });

  it("shows what is broken among the extensions around a mapping, since no server takes it so", async () => {
    const broken = await files.write("own/extensions/broken.json", { id: "x", name: "X", attributes: [] });
    const path = await files.write("own/mappings/a.json", mapping);
    const { exitCode, files: checked } = await validateAsJson(path);
    expect(exitCode).toBe(1);
    expect(checked.map(({ file, ok }: { file: string; ok: boolean }) => [file, ok])).toEqual([
      [path, true],
      [broken, false],
    ]);
    // Named itself as well, it is shown once; and it is no matter of another extension.
    expect((await validateAsJson(path, broken, path)).files).toHaveLength(2);
    expect((await validate(await files.write("own/extensions/hr.json", extension))).exitCode).toBe(0);
  });

  it("leaves out the JSON Schemas for editors, which a pattern brings along", async () => {
    const { exitCode, stdout } = await validate("schemas/mappings/mapping.schema.json", "schemas/mappings/wecom.json");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("ok: 1 file, ");
    expect((await validate("schemas/mappings/mapping.schema.json")).exitCode).toBe(2);
  });
});

describe("mapping validate of odd files", () => {
  it.each([
    ["a byte order mark", `\uFEFF${JSON.stringify(mapping)}`],
    ["lines that end as on Windows", JSON.stringify(mapping, null, 2).replaceAll("\n", "\r\n")],
  ])("takes %s", async (_, text) => {
    expect((await validate(await files.write("a.json", text))).exitCode).toBe(0);
  });

  it("counts lines that end as on Windows once", async () => {
    const text = '{\r\n  "user": {\r\n    "userName": { "from": "nobody" }\r\n  }\r\n}\r\n';
    const { stdout } = await validate(await files.write("a.json", `\uFEFF${text}`));
    expect(stdout).toContain("a.json:3:28 /user/userName/from: WeCom sends no field nobody");
  });

  it.each([
    ["an empty file", "", ":1:1: is no JSON: "],
    ["a list", "[]", ":1:1: "],
    ["an empty object", "{}", ":1:1 /user: "],
    ["one name twice", '{ "user": {}, "user": {} }', ":1:15 /user: "],
    ["a file of a megabyte", `{ "description": "${"x".repeat(1_000_001)}" }`, ":1:1: is too long"],
    ["a file of many megabytes", Buffer.alloc(10_000_000, "张"), ":1:1: is too long"],
    ["deep nesting", "[".repeat(100_000), ":1:101: is nested too deeply"],
    // 工号 as GBK has it.
    ["another encoding", Buffer.from([0x22, 0xb9, 0xa4, 0xba, 0xc5, 0x22]), ": is no UTF-8 text; save it as UTF-8"],
    ["UTF-16", Buffer.from(`\uFEFF${JSON.stringify(mapping)}`, "utf16le"), ": is no UTF-8 text; save it as UTF-8"],
  ])("refuses %s with 1", async (_, content, said) => {
    const path = await files.write("a.json", content);
    const { exitCode, stdout, stderr } = await validate(path);
    expect([exitCode, stderr]).toEqual([1, ""]);
    expect(stdout).toContain(`${path}${said}`);
    expect((await validateAsJson(path)).ok).toBe(false);
  });

  it("lets nothing of a file steer the terminal", async () => {
    const path = await files.write("a.json", { user: { ...mapping.user, "\u001b[2J\u009b\u202e": { from: "name" } } });
    const { stdout } = await validate(path);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it("ends with 2 and names all files that can't be read", async () => {
    const secret = await files.write("secret.json", mapping);
    await chmod(secret, 0);
    const [none, folder, below] = [files.path("none.json"), files.directory, `${secret}/a.json`];
    const { exitCode, stdout, stderr } = await validate(none, folder, below, "--json");
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      `${none}: is not there\n${folder}: is a directory; name files, or a schemas directory with --schemas\n` +
        `${below}: is not there: a part of the path is a file\n`,
    );
    // Root may read everything.
    if (process.getuid?.() === 0) return;
    expect(await validate(secret)).toMatchObject({
      exitCode: 2,
      stderr: `${secret}: may not be read: no permission\n`,
    });
  });
});
