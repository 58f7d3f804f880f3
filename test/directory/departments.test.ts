import { beforeEach, describe, expect, it } from "vitest";
import type { PersonRow } from "../../src/directory/csv/parsed-people.ts";
import { type CustomSourceWriting, makeCustomSourceWriting } from "../../src/directory/custom-source.ts";
import { createPaths, readDepartments } from "../../src/directory/departments.ts";
import { keepTree } from "../../src/directory/kept-tree.ts";
import { makeDirectoryWriting } from "../../src/directory/write-resources.ts";
import type { DirectoryWriting, Writer } from "../../src/directory/writing.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { userGroupSchemaUrn } from "../../src/scim/schemas/user-group.ts";
import type { DirectoryWriter } from "../../src/store/store.ts";
import { newSource } from "../store/support.ts";
import { onEachDatabase } from "../support/databases.ts";

const catalog = makeSchemaCatalog([]);
const client: Writer = { access: "write", sources: "all" };
/** 1,024 bytes of UTF-8 are 341 of these characters. */
const long = (count: number): string => "部".repeat(count);

onEachDatabase("departments of a custom source", (at) => {
  let sourceId: string;
  let custom: CustomSourceWriting;
  let writing: DirectoryWriting;

  beforeEach(async () => {
    sourceId = (await at.store.createSource(newSource("partners", { type: "custom", secrets: {} }))).id;
    const parts = { writer: at.store, catalog: () => catalog };
    custom = makeCustomSourceWriting(parts);
    writing = makeDirectoryWriting(parts);
  });

  /** Ids by what is shown. */
  const ids = async (): Promise<ReadonlyMap<string, string>> =>
    new Map([...(await readDepartments(at.store, sourceId)).byPath].map(([path, { id }]) => [path, id]));
  const paths = async (): Promise<readonly string[]> => [...(await ids()).keys()].sort();
  const make = async (...names: readonly string[]): Promise<readonly string[]> => {
    const made: string[] = [];
    for (const name of names) {
      made.push((await custom.createDepartment(sourceId, { name, parent: made.at(-1) ?? null })).id);
    }
    return made;
  };
  const patch = (id: string, ...operations: readonly object[]) => {
    const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    return writing.modify("Group", id, JSON.stringify({ schemas, Operations: operations }), client);
  };
  const put = (id: string, body: object) =>
    writing.replace(
      "Group",
      id,
      JSON.stringify({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], ...body }),
      client,
    );
  const versions = () =>
    at.rows<{ readonly id: string; readonly version: number }>("select id, version from resource order by id");

  describe("a path", () => {
    it("of more than 1,024 bytes is refused, and names the field", async () => {
      const [, below = ""] = await make(long(150), long(150));
      // 901 bytes above it and a slash leave 122.
      const refused = custom.createDepartment(sourceId, { name: long(41), parent: below });
      await expect(refused).rejects.toMatchObject({ status: 400, scimType: "invalidValue", field: "name" });
      await expect(refused).rejects.toThrow("1024 bytes");
      expect((await custom.createDepartment(sourceId, { name: long(40), parent: below })).parent).toBe(below);
    });

    it("is counted as it is looked up by, folded", async () => {
      // One character, which is 18 of 33 bytes when it is folded.
      await expect(
        custom.createDepartment(sourceId, { name: "\ufdfa".repeat(32), parent: null }),
      ).rejects.toMatchObject({
        ...{ status: 400, field: "name" },
      });
    });

    it("that a rename or a move makes too long below it changes nothing", async () => {
      const [top = "", middle = ""] = await make("a", long(150), long(150));
      const [other = ""] = await make("门".repeat(100));
      const before = await versions();
      await expect(custom.changeDepartment(sourceId, top, { name: long(100) })).rejects.toMatchObject({
        ...{ status: 400, scimType: "invalidValue", field: "name" },
      });
      await expect(custom.changeDepartment(sourceId, middle, { parent: other })).rejects.toMatchObject({
        ...{ status: 400, scimType: "invalidValue", field: "parent" },
      });
      expect(await versions()).toEqual(before);
      expect(await paths()).toEqual(["a", `a/${long(150)}`, `a/${long(150)}/${long(150)}`, "门".repeat(100)].sort());
    });
  });

  describe("a SCIM client", () => {
    it("renames a department, and what lies below follows", async () => {
      const [, sales = ""] = await make("总部", "销售", "华东", "上海");
      await patch(sales, { op: "replace", path: "displayName", value: "总部/市场" });
      expect(await paths()).toEqual(["总部", "总部/市场", "总部/市场/华东", "总部/市场/华东/上海"]);
      const top = (await ids()).get("总部") ?? "";
      await patch(top, { op: "replace", value: { displayName: "集团" } });
      expect(await paths()).toEqual(["集团", "集团/市场", "集团/市场/华东", "集团/市场/华东/上海"]);
    });

    it.each([["销售"], ["分部/销售"], ["总部/"], ["总部/销售/一"], ["总部"], ["总部销售"]])(
      "cannot show a department as %s when it lies elsewhere",
      async (displayName) => {
        const [, sales = ""] = await make("总部", "市场", "华东");
        const before = await versions();
        const refused = patch(sales, { op: "replace", path: "displayName", value: displayName });
        await expect(refused).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
        await expect(refused).rejects.toThrow("PATCH /api/v1/sources/{id}/groups/{group}");
        expect(await versions()).toEqual(before);
      },
    );

    it("cannot give a department the path of another, nor one that is too long below it", async () => {
      const [top = "", sales = ""] = await make("总部", "销售", long(200));
      await custom.createDepartment(sourceId, { name: "市场", parent: top });
      await expect(patch(sales, { op: "replace", path: "displayName", value: "总部/市场" })).rejects.toMatchObject({
        status: 409,
        scimType: "uniqueness",
      });
      const before = await versions();
      await expect(
        patch(sales, { op: "replace", path: "displayName", value: `总部/${long(200)}` }),
      ).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
      expect(await versions()).toEqual(before);
    });

    it("changes the people of a department, and its externalId, but moves no department", async () => {
      const [top = "", sales = ""] = await make("总部", "销售");
      const [loose = ""] = await make("分部");
      const { row } = await writing.create("User", { schemas: userSchemas, userName: "wang" }, client);
      await patch(top, { op: "add", path: "members", value: [{ value: row.id }] });
      await put(top, { displayName: "总部", externalId: "hq", members: [{ value: row.id }, { value: sales }] });
      expect(await at.store.departmentsOf(sourceId, [row.id])).toEqual(new Map([[row.id, [top]]]));
      const before = await versions();
      const moves = [
        () => patch(top, { op: "add", path: "members", value: [{ value: loose }] }),
        () => patch(top, { op: "remove", path: `members[value eq "${sales}"]` }),
        () => patch(top, { op: "remove", path: "members" }),
        () => put(top, { displayName: "总部", members: [{ value: row.id }] }),
      ];
      for (const move of moves) {
        await expect(move()).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
      }
      expect(await versions()).toEqual(before);
      expect(await paths()).toEqual(["分部", "总部", "总部/销售"]);
    });

    it("cannot give a department a memberFilter; one that a database holds stands in nobody's way", async () => {
      const [top = ""] = await make("总部");
      const { row } = await writing.create("User", { schemas: userSchemas, userName: "wang" }, client);
      const filter = (memberFilter: string) => ({ [userGroupSchemaUrn]: { memberFilter } });
      const before = await versions();
      for (const refused of [
        () => patch(top, { op: "add", path: `${userGroupSchemaUrn}:memberFilter`, value: "garbage(((" }),
        () => patch(top, { op: "add", path: `${userGroupSchemaUrn}:memberFilter`, value: 'userName eq "wang"' }),
        () => put(top, { displayName: "总部", ...filter("x y z") }),
      ]) {
        await expect(refused()).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
        await expect(refused()).rejects.toThrow("memberFilter: this is a department of a custom source");
      }
      expect(await versions()).toEqual(before);
      const document = { schemas: groupSchemas, displayName: "总部", ...filter("x y z") };
      await at.store.writeDirectory((write) => write.change(top, { document, rule: null }));
      await patch(top, { op: "replace", path: "displayName", value: "集团" });
      await put(top, { displayName: "集团", ...filter("x y z"), members: [{ value: row.id }] });
      await expect(put(top, { displayName: "集团", ...filter("other") })).rejects.toMatchObject({ status: 400 });
      await put(top, { displayName: "集团", members: [{ value: row.id }] });
      expect(await at.rows("select id from resource where document like '%x y z%'")).toEqual([]);
      expect(await at.store.departmentsOf(sourceId, [row.id])).toEqual(new Map([[row.id, [top]]]));
    });

    it("puts nobody of another source and no user group into a department; who is there already may stay or go", async () => {
      const [top = ""] = await make("总部");
      const other = (await at.store.createSource(newSource("other", { type: "custom", secrets: {} }))).id;
      const newUser = async (userName: string, source: string) =>
        (await writing.create("User", { schemas: userSchemas, userName }, { access: "write", sources: [source] })).row
          .id;
      const [own, foreign, old] = [
        await newUser("wang", sourceId),
        await newUser("li", other),
        await newUser("zhao", other),
      ];
      const department = (await custom.createDepartment(other, { name: "别处", parent: null })).id;
      const group = await writing.create("Group", { schemas: groupSchemas, displayName: "VPN" }, client);
      const member = { value: old, type: "User" } as const;
      await at.store.writeDirectory((write) =>
        write.editMembers(top, { replace: false, add: [member], remove: [] }, "all"),
      );
      const before = await versions();
      for (const value of [foreign, department, group.row.id]) {
        for (const refused of [
          () => patch(top, { op: "add", path: "members", value: [{ value: own }, { value }] }),
          () => put(top, { displayName: "总部", members: [{ value }] }),
        ]) {
          await expect(refused()).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
          await expect(refused()).rejects.toThrow(
            `whose people alone it holds (a user group takes those of any source): ${value}`,
          );
        }
      }
      expect(await versions()).toEqual(before);
      const members = async () => (await at.store.membersOf([top], "all")).map(({ memberId }) => memberId).sort();
      await put(top, { displayName: "总部", members: [{ value: own }, { value: old }] });
      expect(await members()).toEqual([own, old].sort());
      await patch(top, { op: "remove", path: `members[value eq "${old}"]` });
      expect(await members()).toEqual([own]);
    });

    it("deletes a department, and what lies below comes to the top", async () => {
      const [top = ""] = await make("总部", "销售", "华东");
      await writing.remove("Group", top, client);
      expect(await paths()).toEqual(["销售", "销售/华东"]);
    });
  });

  describe("an import", () => {
    const person = (line: number, departments: readonly string[], more: Partial<PersonRow> = {}): PersonRow => ({
      ...{ line, userName: `user${line}`, values: [], departments, manager: undefined },
      ...more,
    });

    it("leaves out people whose department would have too long a path; the others go in", async () => {
      const rows = [person(2, ["总部"]), person(3, ["总部", `${long(200)}/${long(200)}`]), person(4, ["总部/销售"])];
      for (const apply of [false, true]) {
        const { people, newDepartments } = await custom.importPeople(sourceId, rows, { apply });
        expect(newDepartments).toEqual(["总部", "总部/销售"]);
        expect(people.map(({ line, action, problem }) => ({ line, action, problem }))).toEqual([
          { line: 2, action: "create", problem: null },
          { line: 3, action: "refused", problem: "the path of a department has more than 1024 bytes" },
          { line: 4, action: "create", problem: null },
        ]);
      }
      expect(await paths()).toEqual(["总部", "总部/销售"]);
    });

    it("makes 5,000 departments at most, and none of more", async () => {
      const rows = [
        person(
          2,
          Array.from({ length: 5001 }, (_, index) => `部门${index}`),
        ),
      ];
      for (const apply of [false, true]) {
        await expect(custom.importPeople(sourceId, rows, { apply })).rejects.toThrow(
          "The file names 5001 departments that are not there yet, and an import makes 5000 at most",
        );
      }
      expect(await paths()).toEqual([]);
    });

    it("sees what others write between its transactions", async () => {
      const [top = ""] = await make("总部");
      const names = Array.from({ length: 450 }, (_, index) => `总部/部门${String(index).padStart(3, "0")}`);
      let count = 0;
      const writer: DirectoryWriter = {
        isTaken: (error) => at.store.isTaken(error),
        async writeDirectory(work) {
          count += 1;
          // It has looked, and made the first 200.
          if (count === 3) {
            expect(await paths()).toHaveLength(201);
            await custom.createDepartment(sourceId, { name: "部门200", parent: top });
          }
          if (count === 4) await custom.removeDepartment(sourceId, top);
          return at.store.writeDirectory(work);
        },
      };
      const rows = names.map((path, index) => person(index + 2, [path]));
      const importing = makeCustomSourceWriting({ writer, catalog: () => catalog });
      const { people } = await importing.importPeople(sourceId, rows, { apply: true });
      expect(people.filter(({ action }) => action === "create")).toHaveLength(450);
      const { all } = await readDepartments(at.store, sourceId);
      for (const { parent, name, displayName } of all.values()) {
        expect(displayName).toBe(parent === null ? name : `${all.get(parent)?.displayName}/${name}`);
      }
      // Those that lay below it, one of them somebody else's, are at the top; it was made once more for the rest.
      expect([...all.values()].filter(({ parent }) => parent === null)).toHaveLength(401);
      expect((await ids()).get("总部")).not.toBe(top);
    });

    it("keeps nothing of a transaction that was undone", async () => {
      let isUndone = false;
      const writer: DirectoryWriter = {
        isTaken: (error) => at.store.isTaken(error),
        writeDirectory: (work) =>
          at.store.writeDirectory(async (write) => {
            const done = await work(write);
            if (isUndone) throw new Error("undone");
            return done;
          }),
      };
      const tree = keepTree(writer, sourceId);
      const make = (kept: typeof tree, path: string) =>
        kept.within((write, departments) => createPaths(write, departments, sourceId, [path]));
      await make(tree, "总部");
      isUndone = true;
      await expect(make(tree, "总部/销售")).rejects.toThrow("undone");
      isUndone = false;
      // Somebody else writes exactly as much, so that the directory has changed as often as if it had been committed.
      await make(keepTree(writer, sourceId), "总部/市场");
      expect(await tree.within(async (_, { byPath }) => [...byPath.keys()])).toEqual(["总部", "总部/市场"]);
    });
  });

  it("are read while a writer keeps the directory to itself", async () => {
    const [top = ""] = await make("总部");
    const { row } = await writing.create("User", { schemas: userSchemas, userName: "wang" }, client);
    await custom.setDepartments(sourceId, row.id, [top]);
    // PostgreSQL: other readers go on beside a transaction that holds the lock. SQLite has one connection for both.
    if (at.dialect === "sqlite") return;
    await at.store.writeDirectory(async (write) => {
      await write.noteChange(sourceId);
      expect(await paths()).toEqual(["总部"]);
      expect(await at.store.departmentsOf(sourceId, [row.id, "nobody"])).toEqual(
        new Map([
          [row.id, [top]],
          ["nobody", []],
        ]),
      );
    });
  });
});

const userSchemas: JsonObject[string] = ["urn:ietf:params:scim:schemas:core:2.0:User"];
const groupSchemas: JsonObject[string] = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
