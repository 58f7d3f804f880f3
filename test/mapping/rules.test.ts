import { describe, expect, test } from "vitest";
import { mapMember, plainSource, problemsOf, textOf } from "./inputs.ts";

const extattr = {
  attrs: [
    { type: 0, name: "工号", text: { value: "0007" } },
    { type: 0, name: "工号", text: { value: "second" } },
    { type: 1, name: "主页", web: { url: "https://example.com", title: "Home" } },
    { name: "old.form", value: "kept" },
    { type: 0, name: "__proto__", text: { value: "own" } },
    "nonsense",
  ],
};

describe("from", () => {
  test("reads a field, a list item and custom fields by name", () => {
    expect(textOf({ from: "name" }, { name: "张三" })).toBe("张三");
    expect(textOf({ from: "direct_leader[1]" }, { direct_leader: ["a", "b"] })).toBe("b");
    expect(textOf({ from: "extattr.工号" }, { extattr })).toBe("0007");
    expect(textOf({ from: "extattr.主页.url" }, { extattr })).toBe("https://example.com");
    expect(textOf({ from: 'extattr["old.form"]' }, { extattr })).toBe("kept");
    expect(textOf({ from: "extattr['old.form']" }, { extattr })).toBe("kept");
    expect(textOf({ from: "extattr.__proto__" }, { extattr })).toBe("own");
  });

  test("takes the first path that has a value", () => {
    expect(textOf({ from: ["email", "biz_mail"] }, { email: "", biz_mail: "b@example.com" })).toBe("b@example.com");
    expect(textOf({ from: ["email", "biz_mail"] }, { email: " ", biz_mail: "b@example.com" })).toBe(" ");
    expect(textOf({ from: ["email", "biz_mail"] }, { email: null, biz_mail: [] })).toBeUndefined();
  });

  test("reads our own names for departments and the source", () => {
    const mainDepartment = { key: "2", name: "R&D", path: "Tech/R&D", parent: "1", leaders: [] };
    const parts = { mainDepartment, departments: [mainDepartment], source: { ...plainSource, organization: "acme" } };
    expect(textOf({ from: "mainDepartment.name" }, {}, parts)).toBe("R&D");
    expect(textOf({ from: "mainDepartment.id" }, {}, parts)).toBe("2");
    expect(textOf({ from: "departments[0].path" }, {}, parts)).toBe("Tech/R&D");
    expect(textOf({ from: "source.organization" }, {}, parts)).toBe("acme");
    expect(textOf({ from: "mainDepartment.name" }, {})).toBeUndefined();
  });

  test("never finds what only the prototype has", () => {
    for (const from of ["constructor", "toString", "list.length", "__proto__", "list.constructor.name"]) {
      expect(textOf({ from }, { name: "x", list: [1] })).toBeUndefined();
    }
    expect(textOf({ from: "__proto__.polluted" }, JSON.parse('{"__proto__":{"polluted":"own"}}'))).toBe("own");
  });
});

describe("values, default, normalise, when", () => {
  test("a table translates numbers and texts alike", () => {
    const rule = { from: "gender", values: { "1": "male", "2": "female" } };
    expect(textOf(rule, { gender: "1" })).toBe("male");
    expect(textOf(rule, { gender: 2 })).toBe("female");
    expect(textOf(rule, { gender: "0" })).toBeUndefined();
    expect(textOf(rule, { gender: "constructor" })).toBeUndefined();
    expect(textOf({ ...rule, default: "other" }, { gender: "0" })).toBe("other");
    expect(textOf({ ...rule, default: "other" }, {})).toBe("other");
  });

  test("text is changed only where a rule asks for it", () => {
    expect(textOf({ from: "name" }, { name: " Ａ b " })).toBe(" Ａ b ");
    expect(textOf({ from: "name", normalise: ["halfwidth", "trim", "lower"] }, { name: "　Ａ b " })).toBe("a b");
    expect(textOf({ from: "name", normalise: "upper" }, { name: "straße" })).toBe("STRASSE");
    expect(textOf({ from: "name", normalise: "trim" }, { name: "  " })).toBeUndefined();
  });

  test("a condition that does not hold, or cannot be evaluated, gives no value", () => {
    const rule = { from: "mobile", when: "member.hide_mobile == 0" };
    expect(textOf(rule, { mobile: "1", hide_mobile: 0 })).toBe("1");
    expect(textOf(rule, { mobile: "1", hide_mobile: 1 })).toBeUndefined();
    expect(textOf(rule, { mobile: "1" })).toBeUndefined();
  });
});

describe("template", () => {
  test("joins fields, and gives nothing when one is missing", () => {
    const rule = { template: "{{{name}}} ({extattr.工号}) {n}" };
    expect(textOf(rule, { name: "张三", n: 3, extattr })).toBe("{张三} (0007) 3");
    expect(textOf(rule, { name: "", n: 3, extattr })).toBeUndefined();
  });
});

describe("expr", () => {
  test("sees the member, its custom fields, its departments and the source", () => {
    const departments = [
      { key: "1", name: "A", path: "A", parent: null, leaders: [] },
      { key: "2", name: "B", path: "A/B", parent: "1", leaders: [] },
    ];
    const parts = { departments, mainDepartment: null, source: { ...plainSource, organization: "acme" } };
    expect(textOf({ expr: 'departments.map(d, d.name).join(", ")' }, {}, parts)).toBe("A, B");
    expect(textOf({ expr: 'extattr["工号"] + "@" + source.organization' }, { extattr }, parts)).toBe("0007@acme");
    expect(textOf({ expr: 'member.?alias.orValue("none")' }, {}, parts)).toBe("none");
    expect(textOf({ expr: "mainDepartment == null" }, {}, parts)).toBe("true");
    expect(textOf({ expr: "9007199254740993" }, {})).toBe("9007199254740993");
  });

  test("gives nothing for an error, for null and for what is no value of an attribute", () => {
    for (const expr of [
      "member.missing",
      'member.n == 1.0 ? "" : "x"',
      "dyn(null)",
      "member.n / 0",
      "member",
      "member.constructor",
    ]) {
      expect(textOf({ expr }, { n: 1 })).toBeUndefined();
    }
  });

  test("a member with a field called constructor is read like any other", () => {
    expect(textOf({ expr: 'member.name + "!"' }, { name: "x", constructor: { name: 1 } })).toBe("x!");
    expect(textOf({ expr: 'member == null ? "none" : member.name' }, { name: "x", constructor: 1 })).toBe("x");
  });
});

describe("types", () => {
  const rules = (path: string) => ({ [`urn:example:test:User:${path}`]: { from: "value" } });
  const convert = (path: string, value: never) => {
    const { document, warnings } = mapMember(rules(path), { userid: "u", value });
    const extension = document["urn:example:test:User"] as Record<string, unknown> | undefined;
    return warnings.length > 0 ? "left out" : extension?.[path];
  };

  test.each<[string, unknown, unknown]>([
    ["text", 5, "5"],
    ["text", 1e21, "1000000000000000000000"],
    ["text", 1.5e-7, "0.00000015"],
    ["text", true, "true"],
    ["text", ["a"], "left out"],
    ["text", { a: 1 }, "left out"],
    ["flag", "0", false],
    ["flag", 1, true],
    ["flag", "TRUE", true],
    ["flag", "yes", "left out"],
    ["flag", 2, "left out"],
    ["count", "12", 12],
    ["count", 1.5, "left out"],
    ["count", "1.5", "left out"],
    ["share", "1.5", 1.5],
    ["share", "one", "left out"],
    ["since", "2024-01-31T09:00:00+08:00", "2024-01-31T09:00:00+08:00"],
    ["since", "2024-01-31", "left out"],
    ["labels", ["a", 1, "a"], ["a", "1"]],
    ["labels", "a", ["a"]],
    ["labels", ["a", {}], "left out"],
  ])("%s takes %j as %j", (path, value, expected) => {
    expect(convert(path, value as never)).toEqual(expected);
  });

  test("a value that does not fit is left out with a warning that does not tell the value", () => {
    const { warnings, problems, sources } = mapMember(rules("count"), { userid: "u", value: "secret-person" });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      { pointer: "/user/urn:example:test:User:count", detail: expect.stringContaining("a string does not fit") },
    ]);
    expect(JSON.stringify(warnings)).not.toContain("secret-person");
    expect(sources["urn:example:test:User:count"]).toBe("secret-person");
  });
});

describe("elements", () => {
  const emails = {
    'emails[type eq "work"].value': { from: "email" },
    'emails[type eq "work"].primary': { const: true },
  };

  test("an element without a value is not there", () => {
    expect(mapMember(emails, { userid: "u" }).document).not.toHaveProperty("emails");
    expect(mapMember(emails, { userid: "u", email: "a@example.com" }).document["emails"]).toEqual([
      { value: "a@example.com", type: "work", primary: true },
    ]);
  });

  test("at most one element is primary", () => {
    const two = {
      ...emails,
      'EMAILS[TYPE eq "home"].Value': { from: "private" },
      'emails[type eq "home"].primary': { const: true },
    };
    expect(mapMember(two, { userid: "u", email: "w", private: "h" }).document["emails"]).toEqual([
      { value: "h", type: "home", primary: true },
      { value: "w", type: "work" },
    ]);
  });

  test("an address, which has no value, is there as soon as a part that is no constant has one", () => {
    const rules = {
      'addresses[type eq "work"].formatted': { from: "address" },
      'addresses[type eq "work"].country': { const: "CN" },
    };
    expect(mapMember(rules, { userid: "u" }).document).not.toHaveProperty("addresses");
    expect(mapMember(rules, { userid: "u", address: "1 Road" }).document["addresses"]).toEqual([
      { type: "work", country: "CN", formatted: "1 Road" },
    ]);
  });
});

describe("what is required", () => {
  test("a record without it has a problem that names the rule", () => {
    expect(mapMember({}, {}).problems).toEqual([
      { pointer: "/user", detail: "externalId is required and has no value" },
      { pointer: "/user/userName", detail: "userName is required and has no value" },
    ]);
  });

  test("a required extension attribute counts as soon as the extension is there", () => {
    const rules = {
      "urn:example:strict:User:badge": { from: "badge" },
      "urn:example:strict:User:note": { from: "note" },
    };
    expect(mapMember(rules, { userid: "u" }).problems).toEqual([]);
    expect(mapMember(rules, { userid: "u", note: "n" }).problems).toHaveLength(1);
    expect(
      problemsOf({ user: { userName: { from: "userid" }, "urn:example:strict:User:note": { from: "name" } } }),
    ).toEqual([
      {
        file: "mappings/broken.json",
        pointer: "/user",
        line: 2,
        column: 3,
        detail: "urn:example:strict:User:badge is required: add a rule for it",
      },
    ]);
  });
});

test("with a namespace identifiers of two corps never meet", () => {
  const { document } = mapMember({}, { userid: "ZhangSan" }, { source: { ...plainSource, namespace: "east" } });
  expect(document).toMatchObject({ externalId: "east:ZhangSan", userName: "ZhangSan@east" });
});

test("the order of the rules in the file does not change the result", () => {
  const rules = {
    title: { from: "position" },
    displayName: { from: "name" },
    'ims[type eq "x"].value': { from: "im" },
  };
  const raw = { userid: "u", name: "n", position: "p", im: "i" };
  const reversed = Object.fromEntries(Object.entries(rules).reverse());
  expect(JSON.stringify(mapMember(reversed, raw))).toBe(JSON.stringify(mapMember(rules, raw)));
});
