import fc from "fast-check";
import { expect, it } from "vitest";
import { bulkRequestSchema, patchOpSchema, searchRequestSchema } from "../../../src/scim/messages.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema as enterprise } from "../../../src/scim/resource.ts";
import { userGroupSchemaUrn as dynamic } from "../../../src/scim/schemas/user-group.ts";
import { testId } from "../../store/filter-directory.ts";
import { type Endpoint, expectStatus, onEachEndpoint } from "./conformance/endpoint.ts";

// Requests that nobody would send. Whatever the answer is, the endpoint looks at it (conformance/endpoint.ts): no 5xx but
// the 501 of /Me, SCIM errors of the right media type, resources that hang together.

const filters = [
  'title eq "x"',
  "userName pr",
  'not (emails[type eq "work" and value co "@"] or active eq false)',
  'emails[type eq "work"].value ew "x"',
  'groups.value eq "$g0"',
  'members.value eq "$u0"',
  'meta.created gt "2020-01-01T00:00:00Z"',
  `${enterprise}:manager.value eq "$u1"`,
  'title eq "\\u0000"',
  'title co "\\ud83d"',
  'title sw "%_\\\\"',
  "title gt 1e308",
  "active gt true",
  "x",
  "(((",
  `${"(".repeat(40)}title pr${")".repeat(40)}`,
];
const names = [
  ...[
    "userName",
    "USERNAME",
    "displayName",
    "externalId",
    "name",
    "emails",
    "phoneNumbers",
    "active",
    "title",
    "roles",
  ],
  ...["members", "groups", "schemas", "id", "meta", "password", "value", "type", "primary", "$ref", "op", "path"],
  ...["Operations", "method", "data", "bulkId", "filter", "count", "startIndex", "cursor", "attributes", "sortBy"],
  ...[enterprise, `${enterprise}:manager`, `${enterprise}:department`, dynamic, `${dynamic}:memberFilter`],
  ...["memberFilter", "manager", "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "", "nonsense"],
];
const texts = [
  ...[
    "",
    "a",
    "b",
    "张三",
    "$u0",
    "$u1",
    "$g0",
    "$g1",
    "bulkId:a",
    "bulkId:b",
    "bulkId:",
    "True",
    "work",
    "User",
    "Group",
  ],
  ...[
    "a\0b",
    "\ud800",
    "\udc00x",
    "\ufdfa".repeat(300),
    "x".repeat(5000),
    "2026-01-01T00:00:00Z",
    "1e999",
    "__proto__",
  ],
  ...[coreUserSchema, coreGroupSchema, enterprise, dynamic, patchOpSchema, bulkRequestSchema, searchRequestSchema],
];
const numbers = [0, -0, 1, -1, 1.5, 2 ** 31, 2 ** 53, 1e21, 1e308, 5e-324, Number.MIN_SAFE_INTEGER];

const name = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() });
const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...texts) },
  { weight: 1, arbitrary: fc.constantFrom(...filters) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);
const json = fc.letrec<{ any: unknown; object: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.constantFrom(null, true, false, ...numbers),
    fc.array(tie("any"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.array(fc.tuple(name, tie("any")), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
}));

// What is well comes far more often than what is not: else every request would be refused for something, and nothing done.
const seldom = (well: fc.Arbitrary<unknown>, odd: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 24, arbitrary: well }, { weight: 1, arbitrary: odd });
const plain = fc.constantFrom("a", "b", "张三", "x", "$u1", "\ufdfa", "é".repeat(100), "%_'\\\"", "");
const unique = fc.tuple(plain, fc.nat(9999)).map(([start, number]) => `${start}${number}`);
const reference = fc.constantFrom("$u0", "$u1", "$g1", "$w", "bulkId:a", "bulkId:b");
const element = fc.record(
  { value: plain, type: plain, primary: fc.constantFrom(true, false, "False") },
  { requiredKeys: [] },
);
const member = fc.record({ value: reference, display: plain });
const extension = fc.record({ manager: fc.oneof(reference, fc.record({ value: reference })), department: plain });
const rule = fc.record({ memberFilter: fc.constantFrom(...filters.slice(0, 8)) });
const person = fc.record(
  {
    userName: seldom(unique, text),
    displayName: seldom(unique, text),
    schemas: seldom(fc.constantFrom([], null), json.any),
    externalId: seldom(plain, text),
    active: seldom(fc.constantFrom(true, false, "False", null), json.any),
    name: seldom(fc.record({ givenName: plain, familyName: plain }), json.any),
    emails: seldom(fc.array(element, { maxLength: 1 }), json.any),
    members: seldom(fc.array(member, { maxLength: 2 }), json.any),
    [enterprise]: seldom(extension, json.any),
    [dynamic]: seldom(rule, fc.record({ memberFilter: fc.constantFrom(...filters) })),
    password: seldom(plain, text),
  },
  { requiredKeys: ["userName", "displayName"] },
);
const resource = fc.oneof(
  person,
  fc.tuple(person, json.object).map(([one, other]) => ({ ...one, ...(other as object) })),
);

const pathTokens = fc.constantFrom(
  ...names,
  ...["[", "]", "(", ")", ".", ":", " ", '"', "\\", "\0", ".value", ".type", ".primary", ".x"],
  ...['[type eq "work"]', '[value eq "$u0"]', "[primary eq True]", "[not (value pr)]", "[x]", " eq ", " and ", " or "],
);
const path = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...names) },
  { weight: 3, arbitrary: fc.array(pathTokens, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("")) },
  { weight: 1, arbitrary: json.any },
);
const op = fc.constantFrom("add", "remove", "replace", "Add", "REMOVE", "Replace", "move", "", 7);
const value = fc.oneof(
  json.any,
  person,
  fc.array(fc.record({ value: text }), { maxLength: 3 }),
  fc.constantFrom(...filters),
);
const wellPaths: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  displayName: plain,
  userName: unique,
  [`${coreUserSchema}:title`]: plain,
  "name.givenName": plain,
  emails: fc.array(element, { maxLength: 2 }),
  'emails[type eq "a"]': element,
  'emails[type eq "b" and value pr].value': plain,
  'roles[value sw "x"].display': plain,
  [enterprise]: extension,
  [`${enterprise}:manager`]: reference,
  [dynamic]: rule,
  [`${dynamic}:memberFilter`]: fc.constantFrom(...filters.slice(0, 8)),
  members: fc.array(member, { maxLength: 3 }),
  'members[value eq "$u0"]': fc.constant(undefined),
};
const wellOperation = fc.constantFrom(...Object.keys(wellPaths)).chain((at) =>
  fc.record({
    op: fc.constantFrom("add", "remove", "replace", "Add"),
    path: fc.constant(at),
    value: wellPaths[at] ?? plain,
  }),
);
const operation = fc.oneof(
  { weight: 16, arbitrary: wellOperation },
  { weight: 2, arbitrary: fc.record({ op, path, value }, { requiredKeys: ["op"] }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom("add", "replace"), value: person }) },
  { weight: 1, arbitrary: json.any },
);
const patch = fc.record(
  { schemas: mostly([patchOpSchema]), Operations: seldom(fc.array(operation, { maxLength: 3 }), json.any) },
  { requiredKeys: ["Operations"] },
);
const resourcePath = fc.constantFrom(
  ...["/Users", "/Groups", "/Users/$u0", "/Users/$u1", "/Groups/$g0", "/Groups/$g1", "/Users/$w", "/Groups/$g0/x"],
  ...[
    "/Users/bulkId:a",
    "/Groups/bulkId:b",
    "/Users/%00",
    "/Users/%ff",
    "/Users/__proto__",
    "Users",
    "//",
    "/Users/x y",
  ],
);
const oddOperation = fc.record(
  {
    method: fc.constantFrom("POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "post", "GET"),
    path: fc.oneof({ weight: 8, arbitrary: resourcePath }, { weight: 1, arbitrary: json.any }),
    bulkId: seldom(fc.constantFrom("a", "b", "c"), json.any),
    data: fc.oneof(
      { weight: 4, arbitrary: resource },
      { weight: 4, arbitrary: patch },
      { weight: 1, arbitrary: json.any },
    ),
    version: fc.constantFrom('W/"1"', "*", "", 7),
  },
  { requiredKeys: ["method", "path", "bulkId", "data"] },
);
const reachable = fc.constantFrom(
  "/Users/$u0",
  "/Users/$u1",
  "/Groups/$g0",
  "/Groups/$g1",
  "/Users/bulkId:a",
  "/Groups/bulkId:b",
);
const bulkOperation = fc.oneof(
  fc.record({
    method: fc.constant("POST"),
    path: fc.constantFrom("/Users", "/Groups"),
    bulkId: fc.constantFrom("a", "b", "c"),
    data: person,
  }),
  fc.record({ method: fc.constant("PATCH"), path: reachable, data: patch }),
  fc.record({ method: fc.constant("PUT"), path: reachable, data: person }),
  oddOperation,
);
const bulk = fc.record(
  {
    schemas: mostly([bulkRequestSchema]),
    failOnErrors: seldom(fc.constantFrom(1, 2, 3, null), json.any),
    Operations: seldom(fc.array(seldom(bulkOperation, json.any), { maxLength: 6 }), json.any),
  },
  { requiredKeys: ["Operations"] },
);
const search = fc.record(
  {
    schemas: mostly([searchRequestSchema]),
    filter: seldom(fc.constantFrom(...filters), json.any),
    sortBy: seldom(fc.constantFrom("userName", "emails.value", "meta.created", `${enterprise}:department`), name),
    sortOrder: seldom(fc.constantFrom("ascending", "descending"), json.any),
    startIndex: seldom(fc.constantFrom(0, 1, 2, -5, 2 ** 31), fc.constantFrom(...numbers)),
    count: seldom(fc.constantFrom(0, 1, 5, -5, 2 ** 31), fc.constantFrom(...numbers)),
    attributes: seldom(fc.array(fc.constantFrom(...names.filter((each) => /^[a-z]/i.test(each)))), json.any),
    cursor: seldom(fc.constantFrom("", null), text),
  },
  { requiredKeys: [] },
);

/** JSON text, now and then with what `JSON.stringify` does not write: names twice, numbers too large, half of it. */
const body = fc
  .tuple(
    fc.oneof(resource, patch, bulk, search, json.any),
    fc.constantFrom("", "", "", "", "proto", "large", "twice", "half"),
  )
  .map(([value, odd]) => {
    const written = JSON.stringify(value) ?? "";
    if (odd === "proto")
      return written.replace("{", '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}},');
    if (odd === "large")
      return written.replace(/:(true|false|null|0)/, ":1e999").replace("{", '{"x":123456789012345678901234567890,');
    if (odd === "twice") return written.replace("{", '{"userName":"first","Operations":[],');
    return odd === "half" ? written.slice(0, written.length / 2) : written;
  });
const rawBody = fc.oneof(
  { weight: 12, arbitrary: body },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }).map((written) => written.toWellFormed()) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "[".repeat(20_000), `{"userName":${"[".repeat(5000)}${"]".repeat(5000)}}`),
  },
);

const parameter = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      "filter",
      "attributes",
      "excludedAttributes",
      "sortBy",
      "sortOrder",
      "count",
      "startIndex",
      "cursor",
      "x",
    ),
    fc.oneof(
      fc.constantFrom(...filters, "0", "-1", "1e3", "99999999999999999999", "descending", "userName,emails.type"),
      name,
      text,
    ),
  ),
  fc.tuple(fc.string(), fc.string()),
);
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  {
    weight: 2,
    arbitrary: fc
      .array(parameter, { maxLength: 4 })
      .map((pairs) => `?${pairs.map(([key, item]) => `${encode(key)}=${encode(item)}`).join("&")}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "?",
      "??",
      "?&&=",
      "?%",
      "?%00=%ff",
      "?filter",
      "?cursor",
      "?filter=%E0%A4%A",
      "?a[b]=c",
    ),
  },
);
const address = fc.oneof(
  { weight: 6, arbitrary: resourcePath.filter((each) => each.startsWith("/U") || each.startsWith("/G")) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "/",
      "/Bulk",
      "/.search",
      "/Users/.search",
      "/Groups/.search",
      "/Me",
      "/Schemas",
      "/ServiceProviderConfig",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constantFrom(
        "/ResourceTypes/User",
        "/Schemas/__proto__",
        "//Users",
        "/users",
        "/Users/",
        "/Users/../Groups",
        "/Users;x=1",
      ),
      text.map((segment) => `/Users/${encode(segment)}`),
      fc.string().map((segment) => `/${encode(segment)}`),
    ),
  },
);
const method = fc.constantFrom(
  "GET",
  "POST",
  "POST",
  "PUT",
  "PATCH",
  "PATCH",
  "PATCH",
  "DELETE",
  "HEAD",
  "OPTIONS",
  "PROPFIND",
);
const headerText = fc.constantFrom('W/"1"', '"1"', "*", "", ",,", 'W/"', "x".repeat(5000), "é", "\t", "0", "-1");
const headers = fc.record(
  {
    "if-match": headerText,
    "if-none-match": headerText,
    accept: headerText,
    "content-type": fc.constantFrom(
      "application/json",
      "application/scim+json;charset=gbk",
      "text/plain",
      "",
      ";",
      "application/json,x",
    ),
    "content-length": headerText,
    "content-encoding": headerText,
    "x-http-method-override": fc.constantFrom("DELETE", "GET"),
    "x-forwarded-host": fc.constantFrom("evil.example.com"),
    range: fc.constantFrom("bytes=0-1"),
  },
  { requiredKeys: [] },
);
const oddHeaders = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers });
const token = fc.oneof(
  { weight: 12, arbitrary: fc.constant("token-write") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("token-all", "token-one", "token-none", "nobody", "", " ", "é", "a".repeat(9000)),
  },
);

onEachEndpoint(
  "requests that nobody would send",
  (scim) => {
    it("get no 5xx and no answer that is not SCIM, and change nothing that is not theirs", async () => {
      const prototype = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
      const fromSource = await scim.get(`/Users/${testId(1)}?excludedAttributes=groups`);
      const ids = new Ids(scim);
      const request = fc.record({ method, address, query, body: rawBody, headers: oddHeaders, token });
      const property = fc.asyncProperty(request, async (given) => {
        const fill = await ids.current();
        const hasBody = !["GET", "HEAD"].includes(given.method);
        const sent = typeof given.body === "string" ? fill(given.body) : given.body;
        const answer = await scim.send(given.method, fill(given.address + given.query), {
          headers: given.headers,
          token: given.token,
          ...(hasBody ? { body: sent } : {}),
        });
        if (answer.status >= 500) expect(given.address).toBe("/Me");
      });
      await fc.assert(property, { numRuns: 350 });
      expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(prototype);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect((await scim.get(`/Users/${testId(1)}?excludedAttributes=groups`)).json).toEqual(fromSource.json);
      for (const all of ["/Users?count=1000", "/Groups?count=1000"]) expectStatus(await scim.get(all), 200);
    });

    it.each([
      ["POST", "/Users", resource],
      ["POST", "/Groups", resource],
      ["PUT", "/Users/$u0", resource],
      ["PUT", "/Groups/$g0", resource],
      ["PATCH", "/Users/$u0", patch],
      ["PATCH", "/Groups/$g0", patch],
      ["POST", "/Bulk", bulk],
      ["POST", "/.search", search],
    ] as const)("get no 5xx from %s %s, and what is stored can be read", async (method, address, arbitrary) => {
      const ids = new Ids(scim);
      const property = fc.asyncProperty(arbitrary as fc.Arbitrary<unknown>, async (body) => {
        const fill = await ids.current();
        const answer = await scim.send(method, fill(address), { body: fill(JSON.stringify(body)) });
        const id = answer.json["id"];
        if (answer.status < 300 && typeof id === "string" && method !== "POST") {
          expect((await scim.get(fill(address))).json).toEqual(answer.json);
        }
      });
      await fc.assert(property, { numRuns: 60 });
      for (const all of ["/Users?count=1000", "/Groups?count=1000"]) expectStatus(await scim.get(all), 200);
    });
  },
  { hasDirectory: true },
);

/** Two users and two groups that are there: what a request has deleted is made again before the next. */
class Ids {
  readonly #scim: Endpoint;
  readonly #paths = new Map<string, string>();

  constructor(scim: Endpoint) {
    this.#scim = scim;
  }

  /** Puts ids in place of `$u0`, `$u1`, `$g0`, `$g1`, and `$w`, which is of a source. */
  async current(): Promise<(text: string) => string> {
    for (const mark of ["$u0", "$u1", "$g0", "$g1"]) {
      const path = this.#paths.get(mark);
      if (path !== undefined && (await this.#scim.get(`${path}?attributes=id`)).status === 200) continue;
      const unique = `made.${crypto.randomUUID()}`;
      const made = mark.startsWith("$u")
        ? await this.#scim.newUser({ userName: unique })
        : await this.#scim.newGroup({ displayName: unique });
      this.#paths.set(mark, made.path);
    }
    const idOf = (mark: string) => this.#paths.get(mark)?.split("/").at(-1) ?? testId(1);
    return (text) => text.replaceAll(/\$[ug][01]|\$w/g, idOf);
  }
}

/** Not what is there, one time in eight. */
function mostly(usual: readonly string[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: json.any });
}

function encode(part: unknown): string {
  return encodeURIComponent(String(part).toWellFormed());
}
