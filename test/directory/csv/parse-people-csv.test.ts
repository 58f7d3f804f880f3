import { describe, expect, it } from "vitest";
import { mostPeople, parsePeopleCsv } from "../../../src/directory/csv/parse-people-csv.ts";
import { makeSchemaCatalog } from "../../../src/scim/catalog.ts";
import { badge, catalog, enterprise, parseLines, quote, readCell, wecom } from "./people-csv.ts";

const mobile = 'phoneNumbers[type eq "mobile"].value';
const email = 'emails[type eq "work"].value';
const meaningOf = (heading: string) => parseLines(`账号,${quote(heading)}`).columns[1]?.meaning;
const noteOf = (heading: string) => parseLines(`账号,${quote(heading)}`).columns[1]?.note;

describe("a CSV file of people", () => {
  it("becomes people with paths and values", () => {
    const parsed = parseLines(
      "\ufeff账号,姓名,部门,手机,性别,直属上级,状态,工号,爱好",
      "zhangsan, 张三 ,总部/销售部；总部/市场部,13800000000,男,lisi,在职,0012,钓鱼",
      "lisi,,,,,,,,",
    );
    expect(parsed.problems).toEqual([]);
    expect(parsed.columns.map(({ meaning }) => meaning)).toEqual([
      "userName",
      "displayName, name.formatted",
      "departments",
      mobile,
      `${wecom}:gender`,
      "manager",
      "active",
      `${enterprise}:employeeNumber`,
      null,
    ]);
    expect(parsed.columns[8]?.note).toContain("no heading that is known");
    expect(parsed.people).toEqual([
      {
        line: 2,
        userName: "zhangsan",
        values: [
          { path: "displayName", value: "张三" },
          { path: "name.formatted", value: "张三" },
          { path: mobile, value: "13800000000" },
          { path: `${wecom}:gender`, value: "male" },
          { path: "active", value: true },
          { path: `${enterprise}:employeeNumber`, value: "0012" },
        ],
        departments: ["总部/销售部", "总部/市场部"],
        manager: "lisi",
      },
      {
        line: 3,
        userName: "lisi",
        values: [
          "displayName",
          "name.formatted",
          mobile,
          `${wecom}:gender`,
          "active",
          `${enterprise}:employeeNumber`,
        ].map((path) => ({
          path,
          value: null,
        })),
        departments: [],
        manager: null,
      },
    ]);
  });

  it("says nothing of departments and managers without such columns", () => {
    expect(parseLines("userid", "a").people).toEqual([
      { line: 2, userName: "a", values: [], departments: null, manager: undefined },
    ]);
  });

  it.each([",", ";", "\t"])("may have %j between cells", (delimiter) => {
    const lines = [
      ["userName", "title", "部门"],
      ["a", quote("x,y;z\tw"), quote("一;二")],
    ].map((cells) => cells.join(delimiter));
    const { people, problems } = parseLines(...lines);
    expect(problems).toEqual([]);
    expect(people).toMatchObject([{ userName: "a", values: [{ value: "x,y;z\tw" }], departments: ["一", "二"] }]);
  });

  it("may have explanations before its headings, as WeCom's exports have", () => {
    const { people, problems } = parseLines(
      "填写须知：,,",
      quote("1、账号必填\n2、部门用“;”隔开"),
      "",
      "sep=;",
      "姓名,账号",
      "张三,zhangsan",
    );
    expect(problems).toEqual([]);
    expect(people).toMatchObject([{ line: 7, userName: "zhangsan" }]);
    const explained = (count: number) => [...Array<string>(count).fill("说明"), "账号", "zhangsan"];
    expect(parseLines(...explained(19)).people).toHaveLength(1);
    expect(parseLines(...explained(20)).people).toHaveLength(0);
  });

  it.each(["\n", "\r\n", "\r"])("counts lines by %j, those in quotes too", (end) => {
    const text = ["", "账号,职务", '"a","x', 'y"', "", ",", "   ", "b,z", "c,", ""].join(end);
    const { people, problems } = parsePeopleCsv(text, catalog);
    expect(problems).toEqual([]);
    expect(people.map(({ line, userName, values }) => [line, userName, values[0]?.value])).toEqual([
      [3, "a", "x\ny"],
      [8, "b", "z"],
      [9, "c", null],
    ]);
  });
});

describe("a heading", () => {
  it("is a name of the table, whatever its case and spacing", () => {
    expect(meaningOf("Display_Name")).toBe("displayName");
    expect(meaningOf(" EMPLOYEE  number ")).toBe(`${enterprise}:employeeNumber`);
    expect(meaningOf("个人邮箱")).toBe('emails[type eq "home"].value');
    expect(parseLines("USERNAME", "a").people).toHaveLength(1);
    expect(parseLines("帐号", "a").people).toHaveLength(1);
  });

  it("is a SCIM attribute path, whatever its case", () => {
    expect(meaningOf("NAME.givenname")).toBe("name.givenName");
    expect(meaningOf('Emails[TYPE eq "work"].Value')).toBe(email);
    expect(meaningOf(`${enterprise.toUpperCase()}:Department`)).toBe(`${enterprise}:department`);
    expect(meaningOf("externalId")).toBe("externalId");
    expect(parseLines("urn:ietf:params:scim:schemas:core:2.0:User:userName", "a").people).toHaveLength(1);
  });

  it("may have a path with quotes and none around it", () => {
    const { people, problems } = parseLines(`userName,${email},title`, "a,a@example.com,x");
    expect(problems).toEqual([]);
    expect(people[0]?.values).toEqual([
      { path: email, value: "a@example.com" },
      { path: "title", value: "x" },
    ]);
  });

  it.each([
    ["constructor", "no heading that is known"],
    ["", "no heading"],
    ["emails[type eq", "no heading that is known"],
    ["emails.value", "which one of several"],
    ['emails[type ne "work"].value', "which one of several"],
    ['emails[type eq "work"].type', "its own filter"],
    ["emails", "several parts"],
    ["urn:ietf:params:scim:schemas:core:2.0:User:name", "several parts"],
    [enterprise, "several parts"],
    [`${enterprise}:manager.value`, "by userName"],
    ["password", "not kept"],
  ])("that is %j is ignored with a note", (heading, note) => {
    expect(meaningOf(heading)).toBeNull();
    expect(noteOf(heading)).toContain(note);
    expect(parseLines(`账号,${quote(heading)}`, "a,b").people).toMatchObject([{ userName: "a", values: [] }]);
  });

  it("for the gender is ignored where the schemas have none", () => {
    const parsed = parsePeopleCsv("账号,性别\na,男", makeSchemaCatalog([]));
    expect(parsed.columns[1]?.meaning).toBeNull();
    expect(parsed.people).toMatchObject([{ userName: "a", values: [] }]);
  });

  it.each(["id", "Meta", "meta.created", "groups", "members", 'members[value eq "1"]', "schemas", `${badge}:issuer`])(
    "that is %j is a problem",
    (heading) => {
      const parsed = parseLines("explanation", `账号,${quote(heading)}`, "a,b");
      expect(parsed.problems).toEqual([{ line: 2, column: heading, detail: expect.any(String) }]);
      expect(parsed.people).toEqual([]);
    },
  );

  it("that means what another does is a problem", () => {
    const parsed = parseLines(`邮箱,账号,帐号,${quote('emails[type eq "WORK"].value')}`, "a@x.com,a,b,c@x.com");
    expect(parsed.problems).toEqual([
      { line: 1, column: "帐号", detail: "The column means the same as the column 账号" },
      { line: 1, column: 'emails[type eq "WORK"].value', detail: "The column means the same as the column 邮箱" },
    ]);
    expect(parsed.people).toEqual([]);
  });

  it("for userName has to be there", () => {
    const parsed = parseLines("13800000000,张三");
    expect(parsed).toMatchObject({ columns: [], people: [], problems: [{ line: 1, column: null }] });
    expect(parsed.problems[0]?.detail).toMatch(/账号.*userid.*name\.givenName/);
    expect(JSON.stringify(parsed)).not.toMatch(/138|张三/);
    expect(parseLines("").problems).toHaveLength(1);
  });
});

describe("a cell", () => {
  it.each([
    ["状态", "禁用", false],
    ["active", "YES", true],
    ["启用", "0", false],
    ["性别", "Female", "female"],
    [`${wecom}:gender`, "女", "female"],
    [`${badge}:number`, "-12", -12],
    [`${badge}:weight`, "1.5E3", 1500],
    [`${badge}:since`, "2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"],
    [`${badge}:tags`, "a；b\nc", ["a", "b", "c"]],
    [`${badge}:tags`, ";", null],
    ['emails[type eq "work"].primary', "是", true],
    ["title", "\u3000主任\u00a0", "主任"],
  ])("of %s that is %j has the type of its attribute", (heading, cell, value) => {
    expect(readCell(heading, cell)).toEqual(value);
  });

  it.each([
    ["active", "maybe", "none of 是, true"],
    ["性别", "x", "none of 男, male"],
    ['emails[type eq "work"].primary', "在职", "none of 是, true"],
    [`${badge}:number`, "1.5", "not a whole number"],
    [`${badge}:number`, "0x10", "not a whole number"],
    [`${badge}:weight`, "much", "not a number"],
    [`${badge}:since`, "2026/1/31", "not a date and time"],
    [`${badge}:code`, "", "a value is required"],
    ["title", "a\0b", "cannot be stored"],
    ["部门", "总部//销售部", "a level that has no name"],
    ["部门", "/", "a level that has no name"],
  ])("of %s that is %j is a problem, and is not repeated", (heading, cell, detail) => {
    expect(readCell(heading, cell)).toEqual([expect.stringContaining(detail)]);
  });

  it("has what Excel does to text repaired", () => {
    expect(readCell("手机", "'+8613800000000")).toBe("+8613800000000");
    expect(readCell("工号", '="0123"')).toBe("0123");
    expect(parseLines("账号,工号", 'a,=""').people[0]?.values).toMatchObject([{ value: null }]);
    expect(readCell("姓名", "'t Hooft")).toBe("'t Hooft");
    expect(parseLines("工号,账号", '="0123",="0007"').people).toMatchObject([
      { userName: "0007", values: [{ value: "0123" }] },
    ]);
  });

  it.each([
    ["手机", "1.38E+10"],
    ["工号", "#N/A"],
    ["直属上级", "1E+12"],
    ["手机", "########"],
  ])("of %s that Excel has spoilt is a problem", (heading, cell) => {
    expect(readCell(heading, cell)).toEqual([expect.stringContaining("Excel")]);
  });

  it.each(["姓名", "部门", "上级", "title"])("of %s in which a character was lost is a problem", (heading) => {
    expect(readCell(heading, "张\ufffd")).toEqual([expect.stringContaining("was lost")]);
  });

  it("of departments has each path once, without the root's slash", () => {
    const { people } = parseLines("账号,部门", 'a,"/总部/ 销售部/;总部/销售部;;\n总部"');
    expect(people[0]?.departments).toEqual(["总部/销售部", "总部"]);
  });
});

describe("a record", () => {
  it("with problems is left out, and all of them are said", () => {
    const parsed = parseLines("账号,手机,状态", "a,1.38E+10,x", ",1,是", "b,2", "c,3,是,", "d,4,是");
    expect(parsed.problems).toEqual([
      { line: 2, column: "手机", detail: expect.any(String) },
      { line: 2, column: "状态", detail: expect.any(String) },
      { line: 3, column: "账号", detail: "The record has no userName" },
      { line: 4, column: null, detail: "The record has 2 cells, and the headings are 3" },
      { line: 5, column: null, detail: "The record has 4 cells, and the headings are 3" },
    ]);
    expect(parsed.people.map(({ userName }) => userName)).toEqual(["d"]);
  });

  it("with the userName of another is a problem, as the other is, and neither is taken", () => {
    const parsed = parseLines("账号,状态", "Zhang,", "b,maybe", "zhang,", "c,", "ＺＨＡＮＧ,");
    expect(parsed.problems).toEqual([
      { line: 2, column: "账号", detail: "The userName is that of line 4 too" },
      { line: 3, column: "状态", detail: expect.any(String) },
      { line: 4, column: "账号", detail: "The userName is that of line 2 too" },
      { line: 6, column: "账号", detail: "The userName is that of line 2 too" },
    ]);
    expect(parsed.people.map(({ userName }) => userName)).toEqual(["c"]);
  });

  it.each([
    ["not closed", 'b,"x'],
    ["closed within a cell", 'b,"x"y'],
    ["opened within a cell", 'b,x"y'],
    ["closed in a later record", 'b,"x\nd,"y"'],
  ])("with a quote that is %s is a problem of its line, and the others are read", (_, record) => {
    const parsed = parseLines("账号,职务", "a,x", "", record, "c,z", 'e,"v\nw"');
    expect(parsed.problems).toEqual([{ line: 4, column: null, detail: expect.stringContaining("quotes") }]);
    const others = parsed.people.filter(({ userName }) => userName !== "d");
    expect(others.map(({ userName, values }) => [userName, values[0]?.value])).toEqual([
      ["a", "x"],
      ["c", "z"],
      ["e", "v\nw"],
    ]);
  });

  it("may have a quoted cell over several lines, whatever these look like", () => {
    const parsed = parseLines("账号,职务", 'a,"x', 'b,y"');
    expect(parsed.problems).toEqual([]);
    expect(parsed.people).toMatchObject([{ userName: "a", values: [{ value: "x\nb,y" }] }]);
  });

  it("may have blanks around its quotes", () => {
    const parsed = parseLines("账号, 职务", 'a, "x,y" ', '"b"\u3000,z');
    expect(parsed.problems).toEqual([]);
    expect(parsed.people).toMatchObject([
      { userName: "a", values: [{ value: "x,y" }] },
      { userName: "b", values: [{ value: "z" }] },
    ]);
  });

  it("with broken quotes stays within what a file may have", () => {
    const parsed = parseLines("账号", ...Array<string>(mostPeople + 5).fill('x"'), "a");
    expect(parsed.problems).toHaveLength(mostPeople + 1);
    expect(parsed.people).toEqual([]);
  });

  it("with broken quotes can be that of the headings", () => {
    expect(parseLines("explanation", '"账号,职务', "a,x").problems.map(({ line }) => line)).toEqual([1, 2]);
  });

  it("beyond the most that a file may have is a problem", () => {
    const lines = Array.from({ length: mostPeople + 2 }, (_, index) => `u${index}`);
    const parsed = parseLines("账号", ...lines);
    expect(parsed.people).toHaveLength(mostPeople);
    expect(parsed.problems).toEqual([
      { line: mostPeople + 2, column: null, detail: expect.stringContaining("100000 people at most") },
    ]);
  });
});
