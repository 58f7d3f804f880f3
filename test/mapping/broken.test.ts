import { expect, test } from "vitest";
import { compileMapping } from "../../src/mapping/compile.ts";
import { MappingError } from "../../src/mapping/problem.ts";
import { problemsOf } from "./inputs.ts";

const userName = { from: "userid" };
const withRule = (key: string, rule: unknown) => ({ user: { userName, [key]: rule } });
const title = (rule: unknown) => withRule("title", rule);
const urn = "urn:example:test:User";

// Each line: what is wrong, the file, the pointer that must be named, a part of what must be said.
test.each<[string, unknown, string, string]>([
  ["no object", "text", "", "expected object"],
  ["a list", [], "", "expected object"],
  ["nothing", null, "", "expected object"],
  ["no users", {}, "/user", "write an object"],
  ["users that are a list", { user: [] }, "/user", "write an object"],
  ["an unknown section", { user: { userName }, people: {} }, "/people", "known are description, user, department, tag"],
  ["no userName", { user: {} }, "/user", "userName is required"],
  ["a group without displayName", { user: { userName }, tag: {} }, "/tag", "displayName is required"],
  ["a rule that is a text", title("position"), "/user/title", "one of from, const, template, expr"],
  ["an empty rule", title({}), "/user/title", "exactly one of"],
  ["two origins", title({ from: "a", const: "b" }), "/user/title", "exactly one of"],
  ["an unknown key in a rule", title({ from: "a", form: "b" }), "/user/title/form", "known are from"],
  ["a number as path", title({ from: 3 }), "/user/title/from", "a field or a list of fields"],
  ["an empty path", title({ from: "" }), "/user/title/from", "field"],
  ["an empty list of paths", title({ from: [] }), "/user/title/from", "field"],
  ["a path with an open bracket", title({ from: "a[0" }), "/user/title/from", "[number]"],
  ["a path with two dots", title({ from: "a..b" }), "/user/title/from", "character 3"],
  ["a path that ends with a dot", title({ from: ["ok", "a."] }), "/user/title/from/1", "a name is missing"],
  ["a path that starts with a bracket", title({ from: "[0]" }), "/user/title/from", "name of a field"],
  ["a negative index", title({ from: "a[-1]" }), "/user/title/from", "[number]"],
  ["a custom field without name", title({ from: "extattr" }), "/user/title/from", "extattr.工号"],
  ["a part that departments lack", title({ from: "mainDepartment.leader" }), "/user/title/from", "mainDepartment.path"],
  ["departments without an index", title({ from: "departments.name" }), "/user/title/from", "departments[0].name"],
  ["a part that sources lack", title({ from: "source.secret" }), "/user/title/from", "source.organization"],
  ["a lone brace", title({ template: "{name} }" }), "/user/title/template", "lone }"],
  ["a template with a bad path", title({ template: "{a..b}" }), "/user/title/template", "missing"],
  ["an unknown attribute", withRule("titel", { from: "a" }), "/user/titel", "User has no attribute titel"],
  ["a key that is no path", withRule("emails[", { from: "a" }), "/user/emails[", "not an attribute path"],
  ["an unknown schema", withRule("urn:x:y:User:a", { from: "a" }), "/user/urn:x:y:User:a", "no schema urn:x:y:User"],
  [
    "an unknown extension attribute",
    withRule(`${urn}:nope`, { from: "a" }),
    `/user/${urn}:nope`,
    "has no attribute nope",
  ],
  [
    "an extension attribute without URN",
    withRule("costCenter", { from: "a" }),
    "/user/costCenter",
    "2.0:User:costCenter",
  ],
  ["an unknown sub-attribute", withRule("name.nick", { from: "a" }), "/user/name.nick", "no sub-attribute nick"],
  ["a complex attribute as a whole", withRule("name", { from: "a" }), "/user/name", ".familyName"],
  [
    "the manager as a whole",
    withRule("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", { from: "a" }),
    "/user/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    ".value",
  ],
  [
    "a multi-valued attribute without brackets",
    withRule("emails.value", { from: "a" }),
    "/user/emails.value",
    'emails[type eq "work"].value',
  ],
  [
    "brackets at a single value",
    withRule('name[type eq "x"].formatted', { from: "a" }),
    '/user/name[type eq "x"].formatted',
    "write name.formatted",
  ],
  [
    "another operator",
    withRule('emails[type co "x"].value', { from: "a" }),
    '/user/emails[type co "x"].value',
    'type eq "work"',
  ],
  [
    "a dangling and",
    withRule('emails[type eq "x" and].value', { from: "a" }),
    '/user/emails[type eq "x" and].value',
    'type eq "work"',
  ],
  [
    "brackets with an unknown name",
    withRule('emails[kind eq "x"].value', { from: "a" }),
    '/user/emails[kind eq "x"].value',
    "no sub-attribute kind",
  ],
  [
    "a text where a boolean belongs",
    withRule('emails[primary eq "x"].value', { from: "a" }),
    '/user/emails[primary eq "x"].value',
    "true or false",
  ],
  [
    "an element without value",
    withRule('emails[type eq "work"].primary', { const: true }),
    '/user/emails[type eq "work"].primary',
    "has no value",
  ],
  [
    "a part that the brackets set",
    withRule('emails[type eq "work"].type', { const: "home" }),
    '/user/emails[type eq "work"].type',
    "set by the brackets",
  ],
  ["id", withRule("id", { from: "userid" }), "/user/id", "set by the bridge"],
  ["meta", withRule("meta.created", { from: "a" }), "/user/meta.created", "set by the bridge"],
  [
    "groups",
    withRule('groups[type eq "direct"].value', { from: "a" }),
    '/user/groups[type eq "direct"].value',
    "readOnly",
  ],
  ["a password", withRule("password", { from: "a" }), "/user/password", "writeOnly"],
  ["a readOnly extension attribute", withRule(`${urn}:fixed`, { from: "a" }), `/user/${urn}:fixed`, "readOnly"],
  [
    "the same attribute in another case",
    withRule("USERNAME", { from: "a" }),
    "/user/USERNAME",
    "/user/userName writes the same",
  ],
  [
    "the same element with conditions in another order",
    {
      user: {
        userName,
        'ims[type eq "a" and display eq "b"].value': { from: "x" },
        'ims[display eq "b" and type eq "a"].value': { from: "x" },
      },
    },
    '/user/ims[display eq "b" and type eq "a"].value',
    "writes the same",
  ],
  ["members as an attribute of users", withRule("members", { from: "a" }), "/user/members", "no attribute members"],
  [
    "members as an attribute of groups",
    { user: { userName }, tag: { displayName: { from: "tagname" }, "members.value": { from: "a" } } },
    "/tag/members.value",
    '"users"',
  ],
  [
    "members of a wrong kind",
    { user: { userName }, tag: { displayName: { from: "tagname" }, members: { users: "direct", groups: "none" } } },
    "/tag/members/users",
    "listed or none",
  ],
  [
    "members with an unknown key",
    {
      user: { userName },
      tag: { displayName: { from: "tagname" }, members: { users: "none", groups: "none", all: 1 } },
    },
    "/tag/members/all",
    "users, groups",
  ],
  ["CEL that does not parse", title({ expr: "member.status ==" }), "/user/title/expr", "character"],
  ["CEL with an unknown name", title({ expr: "person.name" }), "/user/title/expr", "person"],
  ["CEL that does not type-check", title({ expr: '1 + "a"' }), "/user/title/expr", "int + string"],
  ["CEL with a regular expression", title({ expr: 'member.name.matches("(a+)+$")' }), "/user/title/expr", "startsWith"],
  [
    "CEL with loops in loops",
    title({ expr: "[1].map(a, [1].map(b, [1].map(c, c).size()).size()).size()" }),
    "/user/title/expr",
    "inside each other",
  ],
  ["CEL of a wrong type", withRule("active", { expr: "departments" }), "/user/active/expr", "takes true or false"],
  ["CEL that is too long", title({ expr: `"${"x".repeat(2_001)}"` }), "/user/title/expr", "2,000"],
  ["a condition that is a number", title({ from: "a", when: "1 + 1" }), "/user/title/when", "true or false"],
  ["a condition that does not parse", title({ from: "a", when: "(" }), "/user/title/when", "character"],
  ["a constant of a wrong type", withRule("active", { const: "maybe" }), "/user/active/const", "takes true or false"],
  [
    "a table with a value of a wrong type",
    withRule("active", { from: "a", values: { "1": true, "2": "maybe" } }),
    "/user/active/values/2",
    "takes true or false",
  ],
  ["a table with an object", title({ from: "a", values: { "1": {} } }), "/user/title/values/1", "a text, a number"],
  [
    "a default of a wrong type",
    withRule(`${urn}:count`, { from: "a", default: "many" }),
    `/user/${urn}:count/default`,
    "a whole number",
  ],
  ["an unknown normaliser", title({ from: "a", normalise: "soundex" }), "/user/title/normalise", "trim, lower"],
  ["an unknown apply", title({ from: "a", apply: "sometimes" }), "/user/title/apply", "always or create"],
  ["an unknown absent", title({ from: "a", absent: "maybe" }), "/user/title/absent", "clear or keep"],
  [
    "__proto__ as an attribute",
    JSON.parse('{"user":{"userName":{"from":"userid"},"__proto__":{"from":"a"}}}'),
    "/user/__proto__",
    "cannot be used",
  ],
  [
    "__proto__ in a rule",
    JSON.parse('{"user":{"userName":{"from":"userid","__proto__":{}}}}'),
    "/user/userName/__proto__",
    "cannot be used",
  ],
])("%s is refused at its place", (_, mapping, pointer, detail) => {
  const problems = problemsOf(mapping);
  expect(problems.map((problem) => problem.pointer)).toContain(pointer);
  expect(problems.find((problem) => problem.pointer === pointer)?.detail).toContain(detail);
  expect(new Set(problems.map((problem) => problem.file))).toEqual(new Set(["mappings/broken.json"]));
});

test("all problems come at once", () => {
  const mapping = {
    user: { titel: { from: "a" }, nickName: { from: "a..b", values: {}, x: 1 }, active: { const: "maybe" } },
    tag: 3,
  };
  expect(
    problemsOf(mapping)
      .map(({ pointer }) => pointer)
      .sort(),
  ).toEqual(["/tag", "/user", "/user/active/const", "/user/nickName/x", "/user/titel"]);
});

test("the error names the file that was given", () => {
  expect(() => compileMapping({ name: "x", mapping: {}, extensions: [], file: "mappings/other.json" })).toThrow(
    new MappingError([
      {
        file: "mappings/other.json",
        pointer: "/user",
        detail: "write an object: attribute paths on the left, rules on the right",
      },
    ]),
  );
});
