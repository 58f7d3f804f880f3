import type { BrokenFile } from "./broken-file.ts";

const userName = { from: "userid" };
const withRule = (key: string, rule: unknown) => ({ user: { userName, [key]: rule } });
const title = (rule: unknown) => withRule("title", rule);
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** Mistakes in fields, names, normalisers, expressions, unique values and tests. */
export const brokenDetails: readonly BrokenFile[] = [
  // What directories send.
  ["an unknown field", title({ from: "postion" }), "/user/title/from", "did you mean position?"],
  [
    "an unknown field of a department",
    { user: { userName }, department: { displayName: { from: "nmae" } } },
    "/department/displayName/from",
    "did you mean name?",
  ],
  [
    "an unknown field of a tag",
    { user: { userName }, tag: { displayName: { from: "name" } } },
    "/tag/displayName/from",
    "did you mean tagname?",
  ],
  [
    "a field of members in a department",
    { user: { userName }, department: { displayName: { template: "{userid}" } } },
    "/department/displayName/template",
    "no field userid of a department",
  ],
  [
    "an unknown field in a template",
    title({ template: "{name} {postion}" }),
    "/user/title/template",
    "did you mean position?",
  ],
  ["an unknown field in an expression", title({ expr: 'member.nam + "!"' }), "/user/title/expr", "did you mean name?"],
  [
    "an unknown field in a condition",
    title({ from: "name", when: "member.statsu == 1" }),
    "/user/title/when",
    "did you mean status?",
  ],
  ["an unknown field by brackets", title({ expr: 'member["postion"]' }), "/user/title/expr", "did you mean position?"],
  [
    "an unknown optional field",
    title({ expr: 'member.?postion.orValue("")' }),
    "/user/title/expr",
    "did you mean position?",
  ],
  [
    "a part that the main department lacks",
    title({ expr: "mainDepartment.nme" }),
    "/user/title/expr",
    "did you mean name?",
  ],
  [
    "a part that the source lacks",
    title({ expr: "source.organisation" }),
    "/user/title/expr",
    "did you mean organization?",
  ],
  ["a part that tags lack", title({ from: "tags[0].nam" }), "/user/title/from", "did you mean name?"],
  ["a part that departments lack", title({ from: "departments[0].leader" }), "/user/title/from", "mean leaders?"],
  ["a part of a leader", title({ from: "mainDepartment.leaders[0].name" }), "/user/title/from", "Department.leaders"],
  ["a leader by name", title({ from: "mainDepartment.leaders.name" }), "/user/title/from", "mainDepartment.leaders"],
  ["a part of a part", title({ from: "mainDepartment.name[0]" }), "/user/title/from", "write mainDepartment.id"],
  ["all tags", title({ from: "tags" }), "/user/title/from", "write tags[0].name"],
  ["tags without an index", title({ from: "tags.name" }), "/user/title/from", "write tags[0].name"],
  ["tags with nothing else", title({ template: "{tags[0]}" }), "/user/title/template", "write tags[0].id"],
  ["nearly the tags", title({ from: "tag[0].name" }), "/user/title/from", "did you mean tags?"],
  [
    "the tags of a person in a department",
    { user: { userName }, department: { displayName: { from: "tags[0].name" } } },
    "/department/displayName/from",
    "no field tags of a department",
  ],
  ["a part that a tag lacks", title({ expr: "tags[0].nam" }), "/user/title/expr", "did you mean name?"],
  [
    "a part that each tag lacks",
    title({ expr: 'tags.filter(t, t.id != "1").map(u, u.nmae)' }),
    "/user/title/expr",
    "each of tags has id, name; did you mean name?",
  ],
  [
    "a part that a tag lacks in a condition",
    title({ from: "name", when: 'tags.exists(t, has(t["nam"]))' }),
    "/user/title/when",
    "did you mean name?",
  ],
  [
    "a part that each department lacks",
    title({ expr: "departments.map(d, d.leader)" }),
    "/user/title/expr",
    "did you mean leaders?",
  ],
  [
    "tags where one value belongs",
    withRule("active", { expr: "tags.map(t, t.name)" }),
    "/user/active/expr",
    "takes true or false",
  ],
  [
    "tags in an expression over departments",
    { user: { userName }, department: { displayName: { expr: "tags[0].name" } } },
    "/department/displayName/expr",
    "tags",
  ],
  [
    "a tag of a test with a misspelt part",
    { user: { userName }, tests: [{ name: "t", member: {}, tags: [{ id: 1, name: "a", nmae: "b" }], expect: {} }] },
    "/tests/0/tags/0/nmae",
    "known are id, name; did you mean name?",
  ],
  [
    "a department of a test with a misspelt part",
    {
      user: { userName },
      tests: [{ name: "t", member: {}, mainDepartment: { id: 1, name: "a", leader: [] }, expect: {} }],
    },
    "/tests/0/mainDepartment/leader",
    "did you mean leaders?",
  ],
  ["a part of a text", title({ from: "name.first" }), "/user/title/from", "has no parts"],
  ["a part of a list", title({ from: "department.name" }), "/user/title/from", "mainDepartment.name"],
  ["the fields as a text", { fields: "cost", user: { userName } }, "/fields", "expected array"],
  // Names that are nearly right.
  [
    "an attribute in British spelling",
    withRule(`${enterprise}:organisation`, { from: "name" }),
    `/user/${enterprise}:organisation`,
    "did you mean organization?",
  ],
  [
    "a misspelt part",
    withRule("name.givenname_", { from: "name" }),
    "/user/name.givenname_",
    "did you mean givenName?",
  ],
  ["a misspelt section", { user: { userName }, departments: {} }, "/departments", "did you mean department?"],
  ["a misspelt option", title({ from: "name", normalize: "trim" }), "/user/title/normalize", "did you mean normalise?"],
  // Normalisers.
  [
    "an unknown normaliser in a list",
    title({ from: "name", normalise: ["trim", "uper"] }),
    "/user/title/normalise/1",
    "Invalid",
  ],
  ["an empty list of normalisers", title({ from: "name", normalise: [] }), "/user/title/normalise", "at least one"],
  [
    "a normaliser with an unknown option",
    title({ from: "name", normalise: { pinyin: { tone: "none" } } }),
    "/user/title/normalise/pinyin/tone",
    "did you mean tones?",
  ],
  [
    "a normaliser with a wrong option",
    title({ from: "name", normalise: [{ pinyin: { case: "camel" } }] }),
    "/user/title/normalise/0/pinyin/case",
    "title",
  ],
  ["a normaliser without a name", title({ from: "name", normalise: {} }), "/user/title/normalise", "exactly one name"],
  [
    "a normaliser with two names",
    title({ from: "name", normalise: [{ e164: {}, pinyin: {} }] }),
    "/user/title/normalise/0",
    "exactly one name",
  ],
  [
    "a region that there is not",
    title({ from: "mobile", normalise: { e164: { region: "China" } } }),
    "/user/title/normalise/e164/region",
    "two letters",
  ],
  [
    "a pattern that is none",
    title({ from: "name", normalise: { extract: { pattern: "(" } } }),
    "/user/title/normalise/extract/pattern",
    "not a pattern of RE2",
  ],
  [
    "a pattern that looks back",
    title({ from: "name", normalise: { replace: { pattern: "(?<=a)b", with: "" } } }),
    "/user/title/normalise/replace/pattern",
    "not a pattern of RE2",
  ],
  [
    "a length of nothing",
    title({ from: "name", normalise: { truncate: { characters: 0 } } }),
    "/user/title/normalise/truncate/characters",
    ">=1",
  ],
  [
    "a domain with an @",
    title({ from: "email", normalise: { withDomain: "@example.com" } }),
    "/user/title/normalise/withDomain",
    "without @",
  ],
  // Expressions.
  ["CEL with a bad pattern", title({ expr: 'member.name.matches("(")' }), "/user/title/expr", "not a pattern of RE2"],
  [
    "CEL with a pattern that refers back",
    title({ expr: 'member.name.matches("(a)\\\\1")' }),
    "/user/title/expr",
    "not a pattern of RE2",
  ],
  ["CEL with an unknown function", title({ expr: "member.name.capitalize()" }), "/user/title/expr", "capitalize"],
  ["CEL with a wrong argument", title({ expr: '"x".left("3")' }), "/user/title/expr", "left"],
  ["CEL with a split of a number", title({ expr: '"a,b".split(1)' }), "/user/title/expr", ".split(int)"],
  ["CEL that never closes a text", title({ expr: '"abc' }), "/user/title/expr", "character"],
  [
    "CEL with five loops",
    title({ expr: "[1].map(a, a) + [1].map(a, a) + [1].map(a, a) + [1].map(a, a) + [1].map(a, a)" }),
    "/user/title/expr",
    "at most 4",
  ],
  [
    "CEL of too many parts",
    title({ expr: Array.from({ length: 160 }, () => "1").join(" + ") }),
    "/user/title/expr",
    "xceed",
  ],
  ["CEL that gives a map", title({ expr: '{"a": 1}' }), "/user/title/expr", "it gives map"],
  // Unique values.
  [
    "a unique element",
    withRule('emails[type eq "work"].value', { from: "email", unique: true }),
    '/user/emails[type eq "work"].value/unique',
    "cannot be made unique",
  ],
  ["a unique truth", withRule("active", { const: true, unique: true }), "/user/active/unique", "cannot be made unique"],
  [
    "a unique identity",
    withRule("externalId", { from: "userid", unique: true }),
    "/user/externalId/unique",
    "who somebody is",
  ],
  [
    "a unique value without a number",
    withRule("nickName", { from: "alias", unique: { pattern: "{value}" } }),
    "/user/nickName/unique/pattern",
    "needs {n}",
  ],
  [
    "a unique value with an unknown option",
    withRule("nickName", { from: "alias", unique: { suffix: "{n}" } }),
    "/user/nickName/unique/suffix",
    "known are or, pattern",
  ],
  [
    "an alternative that does not parse",
    withRule("nickName", { from: "alias", unique: { or: ["member.alias", "("] } }),
    "/user/nickName/unique/or/1",
    "character",
  ],
  // Tests that a file carries.
  [
    "a test of an unknown attribute",
    { user: { userName }, tests: [{ name: "x", member: {}, expect: { titel: "a" } }] },
    "/tests/0/expect/titel",
    "did you mean title?",
  ],
  [
    "a test of nothing",
    { user: { userName }, tests: [{ name: "x", expect: {} }] },
    "/tests/0",
    "exactly one of member",
  ],
  [
    "a test of two things",
    { user: { userName }, tests: [{ name: "x", member: {}, tag: {}, expect: {} }] },
    "/tests/0",
    "exactly one of member",
  ],
  [
    "a test without a name",
    { user: { userName }, tests: [{ member: {}, expect: {} }] },
    "/tests/0/name",
    "expected string",
  ],
  [
    "a test with a misspelt key",
    { user: { userName }, tests: [{ name: "x", member: {}, expects: {}, expect: {} }] },
    "/tests/0/expects",
    "did you mean expect?",
  ],
  [
    "a test of a section that is not there",
    { user: { userName }, tests: [{ name: "x", tag: {}, expect: {} }] },
    "/tests/0",
    "no tag section",
  ],
];
