import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileMapping } from "../../src/mapping/compile.ts";
import { parseExtension } from "../../src/mapping/extension.ts";
import { loadExtensions, loadMapping, loadMappings } from "../support/load-schemas.ts";

const shipped = join(import.meta.dirname, "../../schemas");

describe("the shipped files", () => {
  test("all compile", async () => {
    expect([...(await loadMappings(shipped)).keys()]).toEqual(
      expect.arrayContaining(["hanzo-iam", "minimal", "wecom"]),
    );
    const urns = (await loadExtensions(shipped)).map(({ id }) => id);
    expect(urns).toContain("urn:ietf:params:scim:schemas:extension:wecom:2.0:User");
  });

  test("the default gives departments their people and sub-departments, tags theirs", async () => {
    const { members } = await loadMapping(shipped, "wecom");
    expect(members).toEqual({ department: { users: true, groups: true }, tag: { users: true, groups: true } });
  });
});

describe("the version of a mapping", () => {
  const extension = { id: "urn:example:load:User", name: "Load", attributes: [{ name: "badge" }] };
  const versionOf = (user: object, extra: object = {}, schema: object = extension): string => {
    const badge = { "urn:example:load:User:badge": { from: "extattr.工号" } };
    const mapping = {
      $schema: "./mapping.schema.json",
      user: { userName: { from: "userid" }, ...badge, ...user },
      tag: { displayName: { from: "tagname" }, members: { users: "listed", groups: "none" } },
      ...extra,
    };
    const extensions = [parseExtension(JSON.stringify(schema), "extensions/load.json")];
    return compileMapping({ name: "own", mapping, extensions }).version;
  };

  test("changes with everything that shapes the result", () => {
    const versions = [
      versionOf({}),
      versionOf({ title: { from: "position" } }),
      versionOf({ title: { from: "position", normalise: "trim" } }),
      versionOf({}, { tag: { displayName: { from: "tagname" } } }),
      versionOf({}, { department: { displayName: { from: "path" } } }),
      versionOf({}, {}, { ...extension, attributes: [{ name: "badge", type: "integer" }] }),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });

  test("stays with comments and the order of the keys", () => {
    const title = { from: "position", absent: "keep" };
    const other = {
      nickName: { from: "alias" },
      title: { absent: "keep", from: "position", description: "a comment" },
    };
    const version = versionOf({ title, nickName: { from: "alias" } });
    expect(versionOf(other, { description: "a comment" })).toBe(version);
  });
});
