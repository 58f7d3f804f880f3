import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadExtensions, loadMapping, loadMappings } from "../../src/mapping/load.ts";
import { MappingError } from "../../src/mapping/problem.ts";

const shipped = join(import.meta.dirname, "../../schemas");

const extension = {
  $schema: "./extension.schema.json",
  id: "urn:example:load:User",
  name: "Load",
  attributes: [{ name: "badge" }],
};
const mapping = {
  $schema: "./mapping.schema.json",
  user: { userName: { from: "userid" }, "urn:example:load:User:badge": { from: "extattr.工号" } },
  tag: { displayName: { from: "tagname" }, members: { users: "listed", groups: "none" } },
};

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mapping-"));
  await mkdir(join(directory, "mappings"));
  await mkdir(join(directory, "extensions"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const write = (file: string, content: unknown) =>
  writeFile(join(directory, file), typeof content === "string" ? content : JSON.stringify(content));

async function problemsOf(work: Promise<unknown>) {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MappingError)) throw new Error("expected a MappingError", { cause: error });
  return error.problems.map(({ file, pointer }) => `${file}#${pointer}`);
}

describe("the shipped files", () => {
  test("all compile", async () => {
    const { mappings, extensions } = await loadMappings(shipped);
    expect([...mappings.keys()]).toEqual(expect.arrayContaining(["hanzo-iam", "minimal", "wecom"]));
    expect(extensions.map(({ id }) => id)).toContain("urn:ietf:params:scim:schemas:extension:wecom:2.0:User");
  });

  test("the default gives departments their people and sub-departments, tags theirs", async () => {
    const { members } = await loadMapping(shipped, "wecom");
    expect(members).toEqual({ department: { users: true, groups: true }, tag: { users: true, groups: true } });
  });
});

describe("a directory of files", () => {
  test("is read whole, with the extensions that mappings use", async () => {
    await write("extensions/load.json", extension);
    await write("mappings/own.json", `\uFEFF${JSON.stringify(mapping)}`);
    await write("mappings/mapping.schema.json", "not read");
    await write("mappings/.own.json.swp", "not read");
    await write("mappings/notes.txt", "not read");
    const { mappings } = await loadMappings(directory);
    expect([...mappings.keys()]).toEqual(["own"]);
    expect(mappings.get("own")?.members).toEqual({ department: null, tag: { users: true, groups: false } });
    expect(await loadExtensions(directory)).toHaveLength(1);
  });

  test("tells the problems of all files at once", async () => {
    await write("extensions/a.json", extension);
    await write("extensions/b.json", extension);
    await write("extensions/c.json", {
      ...extension,
      id: "urn:example:c:User",
      attributes: [{ name: "1st" }, { name: "x", type: "text" }],
    });
    await write("extensions/d.json", "[]");
    await write("mappings/broken.json", "{");
    await write("mappings/wrong.json", { user: { titel: { from: "name" } } });
    expect(await problemsOf(loadMappings(directory))).toEqual([
      "extensions/b.json#/id",
      "extensions/c.json#/attributes/0/name",
      "extensions/c.json#/attributes/1/type",
      "extensions/d.json#",
      "mappings/broken.json#",
      "mappings/wrong.json#/user",
      "mappings/wrong.json#/user/titel",
    ]);
  });

  test("that is not there is a problem, not an empty result", async () => {
    expect(await problemsOf(loadMappings(join(directory, "nowhere")))).toEqual(["extensions#", "mappings#"]);
  });
});

describe("one mapping by its name", () => {
  test("does not care for a broken file beside it", async () => {
    await write("extensions/load.json", extension);
    await write("mappings/own.json", mapping);
    await write("mappings/broken.json", "{");
    expect((await loadMapping(directory, "own")).name).toBe("own");
  });

  test("must be in the directory: a name is never a path", async () => {
    await write("extensions/load.json", extension);
    await write("outside.json", mapping);
    for (const name of ["other", "../outside", "../extensions/load", ""]) {
      expect(await problemsOf(loadMapping(directory, name))).toEqual(["mappings#"]);
    }
  });
});

describe("the version", () => {
  const versionOf = async (user: object, extra: object = {}, schema: object = extension) => {
    await write("extensions/load.json", schema);
    await write("mappings/own.json", { ...mapping, user: { ...mapping.user, ...user }, ...extra });
    return (await loadMapping(directory, "own")).version;
  };

  test("changes with everything that shapes the result", async () => {
    const versions = [
      await versionOf({}),
      await versionOf({ title: { from: "position" } }),
      await versionOf({ title: { from: "position", normalise: "trim" } }),
      await versionOf({}, { tag: { displayName: { from: "tagname" } } }),
      await versionOf({}, { department: { displayName: { from: "path" } } }),
      await versionOf({}, {}, { ...extension, attributes: [{ name: "badge", type: "integer" }] }),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });

  test("stays with comments and the order of the keys", async () => {
    const title = { from: "position", absent: "keep" };
    const version = await versionOf({ title, nickName: { from: "alias" } });
    const other = {
      nickName: { from: "alias" },
      title: { absent: "keep", from: "position", description: "a comment" },
    };
    expect(await versionOf(other, { description: "a comment" })).toBe(version);
  });
});
