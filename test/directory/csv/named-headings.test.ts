import { describe, expect, it } from "vitest";
import { patchDocument } from "../../../src/scim/patch.ts";
import { catalog, parseLines, quote, readCell, wecom } from "./people-csv.ts";

const workMail = 'emails[type eq "work"].value';
const workAddress = 'addresses[type eq "work"].formatted';
const meaningOf = (heading: string) => parseLines(`账号,${quote(heading)}`).columns[1]?.meaning;
const valuesOf = (...lines: readonly string[]) => {
  const { people, problems } = parseLines(...lines);
  expect(problems).toEqual([]);
  return people.map(({ values }) => Object.fromEntries(values.map(({ path, value }) => [path, value])));
};

describe("headings that mean one attribute", () => {
  it("give the first that is not empty, whatever their order is, and the report says so", () => {
    const lines = [
      "账号,邮箱,企业邮箱",
      "a,a@home.example,a@corp.example",
      "b,b@home.example,",
      "c,,c@corp.example",
      "d,,",
    ];
    const mails = ["a@corp.example", "b@home.example", "c@corp.example", null];
    expect(valuesOf(...lines)).toEqual(mails.map((mail) => ({ [workMail]: mail })));
    const swapped = lines.map((line) => line.replace(/,(.*),(.*)/, ",$2,$1"));
    expect(valuesOf(...swapped)).toEqual(mails.map((mail) => ({ [workMail]: mail })));
    expect(parseLines(...lines).columns).toEqual([
      { heading: "账号", meaning: "userName" },
      { heading: "邮箱", meaning: workMail, note: "It counts where nothing is in 企业邮箱" },
      { heading: "企业邮箱", meaning: workMail },
    ]);
  });

  it("may be three", () => {
    const parsed = parseLines("账号,email,邮箱,企业邮箱", "a,1@x.example,2@x.example,");
    expect(parsed.columns[1]?.note).toBe("It counts where nothing is in 企业邮箱 or 邮箱");
    expect(parsed.people[0]?.values).toEqual([{ path: workMail, value: "2@x.example" }]);
  });

  it("have all their cells looked at", () => {
    const { people, problems } = parseLines("账号,邮箱,企业邮箱", "a,#N/A,a@corp.example");
    expect(problems).toEqual([{ line: 2, column: "邮箱", detail: expect.stringContaining("Excel") }]);
    expect(people).toEqual([]);
  });

  it.each([
    ["邮箱,邮箱", "邮箱"],
    ["邮箱,邮箱（必填）", "邮箱（必填）"],
    ["姓名,urn:ietf:params:scim:schemas:core:2.0:User:displayName", undefined],
    ["部门,所在部门", "所在部门"],
    ["上级,直属上级", "直属上级"],
    ["用户名,姓名", "用户名"],
  ])("are a problem where they are %s", (headings, column) => {
    const { people, problems } = parseLines(`账号,${headings}`, "a,b,c");
    expect(problems).toMatchObject([{ line: 1, column: column ?? headings.split(",")[1] }]);
    expect(people).toEqual([]);
  });
});

describe("姓名", () => {
  it("is displayName and name.formatted", () => {
    expect(meaningOf("姓名")).toBe("displayName, name.formatted");
    expect(valuesOf("账号,姓名", "a,张三", "b,")).toEqual([
      { displayName: "张三", "name.formatted": "张三" },
      { displayName: null, "name.formatted": null },
    ]);
  });

  it("makes way for columns of these", () => {
    expect(valuesOf("账号,姓名,显示名", "a,张三,三哥", "b,李四,")).toEqual([
      { displayName: "三哥", "name.formatted": "张三" },
      { displayName: "李四", "name.formatted": "李四" },
    ]);
    expect(valuesOf("账号,姓名,displayName,name.formatted", "a,张三,三哥,Zhang San")).toEqual([
      { displayName: "三哥", "name.formatted": "Zhang San" },
    ]);
  });

  it("is not what displayName is", () => {
    expect(meaningOf("displayName")).toBe("displayName");
    expect(meaningOf("显示名")).toBe("displayName");
  });
});

describe("a heading", () => {
  it.each([
    ["所在部门", "departments"],
    ["地址", workAddress],
    ["Address", workAddress],
    ["是否禁用", "active"],
    ["激活状态", "active"],
    ["*地址", workAddress],
    ["＊ 地址", workAddress],
    ["地址*", workAddress],
    ["地址（必填）", workAddress],
    ["地址(选填)", workAddress],
    ["地址【 必填 】", workAddress],
    ["\ufeff\u3000地\u3000址\u200b", workAddress],
    ["Address (Required)", workAddress],
    ["*name.givenName（必填）", "name.givenName"],
    ["地址（上海）", null],
  ])("that is %j means %s", (heading, meaning) => {
    expect(meaningOf(heading)).toBe(meaning);
  });

  it.each(["*账号", "账号（必填）", "\ufeff*账号(必填)", "\u3000账号\u3000", "\ufeff账\u3000号", "*userName"])(
    "that is %j is found among the first lines",
    (heading) => {
      expect(parseLines("填写须知", `姓名,${heading}`, "张三,a").people).toMatchObject([{ userName: "a" }]);
    },
  );
});

describe("a column for active", () => {
  it.each<readonly [heading: string, cell: string, value: boolean | null]>([
    ["禁用", "1", false],
    ["禁用", "是", false],
    ["禁用状态", "YES", false],
    ["禁用", "0", true],
    ["disabled", "false", true],
    ["禁用状态", "已禁用", false],
    ["禁用状态", "启用", true],
    ["禁用", "", null],
    ["离职", "是", false],
    ...["正常", "已激活", "启用", "在职", "未激活", "1"].map((word) => ["状态", word, true] as const),
    ...["已禁用", "停用", "禁用", "离职", "0"].map((word) => ["状态", word, false] as const),
    ["active", "停用", false],
    ["urn:ietf:params:scim:schemas:core:2.0:User:active", "停用", false],
    ["激活状态", "未激活", true],
    ["激活状态", "是", true],
    ["激活状态", "已禁用", false],
  ])("of %s that is %j is %s", (heading, cell, value) => {
    expect(readCell(heading, cell)).toBe(value);
  });

  it.each([
    ["禁用", "maybe"],
    ["激活状态", "否"],
  ])("of %s that is %j is a problem", (heading, cell) => {
    expect(readCell(heading, cell)).toEqual([expect.stringContaining("none of")]);
  });

  it("says no whatever the others are", () => {
    const lines = ["账号,状态,禁用,激活状态", "a,在职,1,已激活", "b,离职,0,", "c,,,未激活", "d,,,", "e,启用,否,已禁用"];
    expect(valuesOf(...lines).map(({ active }) => active)).toEqual([false, false, true, null, false]);
    expect(parseLines(...lines).columns[2]).toEqual({
      heading: "禁用",
      meaning: "active",
      note: "A yes means that the person is not active. Of the columns for active, one that says no is enough",
    });
  });
});

it.each([
  ["0", null],
  ["未知", null],
  ["1", "male"],
  ["2", "female"],
  ["", null],
])("a gender that is %j is %s", (cell, value) => {
  expect(readCell("性别", cell)).toBe(value);
  expect(readCell(`${wecom}:gender`, cell)).toBe(value);
});

it("what a column clears need not be there", () => {
  const { people } = parseLines("账号,姓名,地址,邮箱,性别", "a,,,,");
  const Operations = people[0]?.values.map(({ path }) => ({ op: "remove", path: path.replace(/\]\.value$/, "]") }));
  const body = { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations };
  expect(Operations).toHaveLength(5);
  expect(patchDocument({ userName: "a" }, body, { type: "User", catalog }).document).toEqual({ userName: "a" });
});
