import { createHash, randomBytes } from "node:crypto";
import { makeDirectoryWriting } from "../../../src/directory/write-resources.ts";
import { makeScimApp, type ScimAppParts } from "../../../src/http/scim/app.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { makeSchemaCatalog, parseSchema } from "../../../src/scim/catalog.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema } from "../../../src/scim/resource.ts";
import type { Database } from "../../../src/store/database.ts";
import { makeDirectoryReader } from "../../../src/store/directory-reader.ts";
import { makeDirectoryWriter } from "../../../src/store/directory-writer.ts";
import type { DirectoryReader, ScimClientRow } from "../../../src/store/store.ts";
import { type TestEdge, type TestResource, testId, writeDirectory } from "../../store/filter-directory.ts";

export const base = "https://bridge.example.com/scim/v2";
export const extensionUrn = "urn:example:scim:schemas:2.0:User";
export const catalog = makeSchemaCatalog([
  parseSchema({
    id: extensionUrn,
    name: "Example",
    attributes: [{ name: "shift" }, { name: "pay", returned: "request" }],
  }),
]);

const client = (name: string, change: Partial<ScimClientRow> = {}): ScimClientRow => ({
  id: name,
  name,
  access: "read",
  sources: "all",
  requestsPerSecond: 0,
  createdAt: 0,
  ...change,
});

/** Tokens and what they may do. */
export const clients: Readonly<Record<string, ScimClientRow>> = {
  "token-all": client("all"),
  "token-write": client("write", { access: "write" }),
  "token-custom": client("custom", { access: "write", sources: ["custom-1"] }),
  "token-slow": client("slow", { requestsPerSecond: 1 }),
  "token-slow-bulk": client("slow-bulk", { requestsPerSecond: 1, access: "write" }),
  "token-one": client("one", { sources: ["source-1"] }),
  "token-none": client("none", { sources: [] }),
};

/** Users 0 to 24 and groups 100 to 102; user 24 and group 102 belong to another source; user 23 has gone. */
export const users: readonly TestResource[] = Array.from({ length: 25 }, (_, index) => ({
  id: testId(index),
  type: "User",
  sourceId: index === 24 ? "source-2" : "source-1",
  createdAt: Date.UTC(2026, 0, 1, index),
  lastModifiedAt: Date.UTC(2026, 1, 1, index),
  version: index + 1,
  ...(index === 23 ? { deletedAt: 1 } : {}),
  document: {
    schemas: [coreUserSchema, enterpriseUserSchema, extensionUrn],
    externalId: `Ext-${index}`,
    userName: `User.${index}`,
    displayName: `员工 ${index}`,
    active: index % 5 !== 4,
    emails: [
      { value: `user${index}@example.com`, type: "work", primary: true },
      { value: `home${index}@example.org`, type: "home" },
    ],
    [enterpriseUserSchema]: { department: index % 2 === 0 ? "Even" : "Odd", manager: { value: testId(0) } },
    [extensionUrn]: { shift: "early", pay: "12" },
  },
}));

const groups: readonly TestResource[] = [100, 101, 102].map((number) => ({
  id: testId(number),
  type: "Group",
  sourceId: number === 102 ? "source-2" : "source-1",
  version: 3,
  membersVersion: 7,
  document: { schemas: [coreGroupSchema], externalId: `dept:${number}`, displayName: `Group ${number}` },
}));

const edges: readonly TestEdge[] = [
  ...[0, 1, 2, 23].map((number) => ({ groupId: testId(100), memberId: testId(number), memberType: "User" as const })),
  { groupId: testId(100), memberId: testId(101), memberType: "Group" },
  { groupId: testId(101), memberId: testId(1), memberType: "User" },
];

/** Two of WeCom, and one that is kept here. */
const sources = (
  [
    ["source-1", "总部-WeCom", "wecom"],
    ["source-2", "分部-WeCom", "wecom"],
    ["custom-1", "外部人员", "custom"],
  ] as const
).map(([id, name, type]) => ({
  ...{ id, name, type, status: "enabled" as const, settings: "{}", secrets: "", visibility: null },
  ...{ next_run_at: null, created_at: 0, updated_at: 0 },
}));

/** Users whose ids are these texts: where a test needs a manager, and somebody has to be there. */
export function addUsers(database: Database, ids: readonly string[]): Promise<void> {
  const document = (index: number) => ({ schemas: [coreUserSchema], userName: `present.${index}` });
  return writeDirectory(
    database,
    ids.map((id, index) => ({ id, type: "User", document: document(index) })),
  );
}

/**
 * A SCIM endpoint over a real database; `loads` counts what it read of memberships.
 *
 * @param schemas extension schemas; the example's where none are given
 * @param isEmpty nobody is in the directory, and no group
 */
export async function makeScimServer(
  database: Database,
  { cursorKey = randomBytes(32), schemas = catalog, isEmpty = false } = {},
) {
  if (!isEmpty) await writeDirectory(database, [...users, ...groups], edges);
  await database.db.insertInto("source").values(sources).execute();
  const reader = makeDirectoryReader(database);
  const loads = { members: 0, groups: 0 };
  const known = new Map(
    Object.entries(clients).map(([token, row]) => [createHash("sha256").update(token).digest("base64url"), row]),
  );
  const directory: DirectoryReader = {
    ...reader,
    membersOf(ids, sources) {
      loads.members += 1;
      return reader.membersOf(ids, sources);
    },
    groupsOf(ids, sources) {
      loads.groups += 1;
      return reader.groupsOf(ids, sources);
    },
  };
  const parts: ScimAppParts = {
    directory,
    writing: makeDirectoryWriting({
      writer: makeDirectoryWriter(database, Date.now),
      catalog: () => schemas,
    }),
    catalog: () => schemas,
    publicUrl: "https://bridge.example.com/",
    authenticate: async (hash) => known.get(hash) ?? null,
    cursorKey,
  };
  const app = makeScimApp(parts);
  return {
    app,
    parts,
    loads,
    known,
    /** A request with a token; its JSON body, and what every answer of a SCIM endpoint has to be. */
    async ask(path: string, init: RequestInit & { token?: string } = {}): Promise<Answer> {
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${init.token ?? "token-all"}`);
      return toAnswer(await app.request(path, { ...init, headers }));
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: JsonObject;
}

export async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text === "" ? {} : JSON.parse(text) };
}
