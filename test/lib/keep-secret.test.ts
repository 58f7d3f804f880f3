import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepSecret } from "../../src/lib/keep-secret.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "keep-secret-"));
});

afterEach(() => rm(dir, { recursive: true }));

describe("a kept secret", () => {
  it("is made once, with mode 0600, and read from then on", async () => {
    const file = join(dir, "data", "admin-token");
    expect(await keepSecret(file, () => "first")).toEqual({ value: "first", created: true });
    expect(await keepSecret(file, () => "second")).toEqual({ value: "first", created: false });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, "data"))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(dir, "data"))).toEqual(["admin-token"]);
  });

  it("is the same for many that start at once, and one of them made it", async () => {
    const file = join(dir, "key");
    const kept = await Promise.all(Array.from({ length: 20 }, (_, index) => keepSecret(file, () => `made-${index}`)));
    expect(new Set(kept.map(({ value }) => value)).size).toBe(1);
    expect(kept.filter(({ created }) => created)).toHaveLength(1);
  });

  it("is the same for processes that start at once", async () => {
    const file = join(dir, "key");
    const module = new URL("../../src/lib/keep-secret.ts", import.meta.url).href;
    const script = `const { keepSecret } = await import(${JSON.stringify(module)});
      process.stdout.write((await keepSecret(${JSON.stringify(file)}, () => String(process.pid))).value);`;
    const run = () =>
      promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script]);
    const values = (await Promise.all([run(), run(), run()])).map(({ stdout }) => stdout);
    expect(new Set(values)).toEqual(new Set([(await readFile(file, "utf8")).trim()]));
  });

  it("is closed to others again when a backup restored it open", async () => {
    const file = join(dir, "key");
    await writeFile(file, "value\n");
    await chmod(file, 0o644);
    expect((await keepSecret(file, () => "other")).value).toBe("value");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("is not made anew where the file was emptied: what was encrypted with it would be lost", async () => {
    const file = join(dir, "key");
    await writeFile(file, "");
    await expect(keepSecret(file, () => "other")).rejects.toThrow("is empty");
    expect(await readFile(file, "utf8")).toBe("");
  });
});
