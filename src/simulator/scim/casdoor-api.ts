import { createHash, timingSafeEqual } from "node:crypto";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { adminColumns, defaultColumns, readField, toCasdoorUser, withColumns } from "./casdoor-user.ts";
import type { Directory, Entry } from "./directory.ts";
import type { ScimAnswer, ScimRequest, Service } from "./service.ts";

// Casdoor's own API as its source has it (controllers/user.go, object/user.go, object/check.go), for an administrator.
// Every answer is HTTP 200, a refusal too: { "status": "error", "msg": … } (controllers/util.go).

export interface CasdoorApiParts {
  readonly directory: Directory;
  /** The bearer token; also taken as the secret of a client, in Basic or as `clientSecret` in the query. */
  readonly token: string;
}

/** A refusal with Casdoor's words. */
class CasdoorError extends Error {}

/** The API as a function from a request below `/api` to its answer; a path that is none of it is answered 404. */
export function makeCasdoorApi({ directory, token }: CasdoorApiParts): Service {
  const actions: Readonly<Record<string, (request: ScimRequest) => Answer>> = {
    "GET /get-user": ({ search }) => ({ data: getUser(directory, search) }),
    "GET /get-users": ({ search }) => getUsers(directory, search),
    "POST /add-user": ({ body }) => ({ data: affected(addUser(directory, parsed(body))) }),
    "POST /update-user": ({ search, body }) => ({ data: affected(updateUser(directory, search, parsed(body))) }),
    "POST /delete-user": ({ body }) => ({ data: affected(deleteUser(directory, parsed(body))) }),
  };
  return (request) => {
    const action = actions[`${request.method} ${request.path}`];
    if (action === undefined) return { status: 404, headers: {}, body: "404 page not found" };
    try {
      checkCredentials(request, token);
      return answer({ status: "ok", msg: "", sub: "", name: "", data2: null, ...action(request) });
    } catch (error) {
      if (!(error instanceof CasdoorError)) throw error;
      return answer({ status: "error", msg: error.message, sub: "", name: "", data: null, data2: null });
    }
  };
}

type Answer = { readonly data: Json; readonly data2?: Json };

function answer(body: JsonObject): ScimAnswer {
  return { status: 200, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(body) };
}

/** routers/auto_signin_filter.go, routers/authz_filter.go. */
function checkCredentials({ header, search }: ScimRequest, token: string): void {
  const [, scheme = "", value = ""] = /^(\w+) +(.+)$/.exec(header("authorization") ?? "") ?? [];
  const bearer = scheme.toLowerCase() === "bearer" ? value : (search.get("accessToken") ?? "");
  if (bearer !== "" && !isSame(bearer, token)) throw new CasdoorError("Access token doesn't exist in database");
  const basic = scheme.toLowerCase() === "basic" ? Buffer.from(value, "base64").toString().split(":")[1] : undefined;
  const secret = basic ?? search.get("clientSecret") ?? "";
  if (bearer === "" && secret === "") throw new CasdoorError("Unauthorized operation");
  if (bearer === "" && !isSame(secret, token)) throw new CasdoorError("Incorrect client secret for application: app");
}

function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function parsed(body: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(body) as Json;
  } catch {
    throw new CasdoorError("invalid character in the body");
  }
  if (!isJsonObject(value)) throw new CasdoorError("json: cannot unmarshal the body into Go value of type object.User");
  return value;
}

function affected(isAffected: boolean): string {
  return isAffected ? "Affected" : "Unaffected";
}

/** With an owner, `userId` is a user's id; with `id` and no owner it chooses nobody, and nobody is answered. */
function getUser(directory: Directory, search: URLSearchParams): Json {
  const [id, userId, owner] = ["id", "userId", "owner"].map((name) => search.get(name) ?? "");
  if (userId !== "" && (owner !== "" || id !== "")) {
    const entry = owner === "" ? undefined : byUserId(directory, owner ?? "", userId ?? "");
    return entry === undefined ? null : toCasdoorUser(entry);
  }
  const found = userId === "" ? byName(directory, id ?? "") : directory.get("User", userId ?? "");
  return found === undefined ? null : toCasdoorUser(found);
}

/** The newest first. Beyond the last page that one is answered again (beego's paginator). */
function getUsers(directory: Directory, search: URLSearchParams): Answer {
  const owner = search.get("owner") ?? "";
  const all = directory.list("User").filter((entry) => readField(entry.attributes, "owner") === owner);
  const users = all.map(toCasdoorUser).reverse();
  const [page, size] = [Number(search.get("p")), Number(search.get("pageSize"))];
  if (!(page >= 1 && size >= 1)) return { data: users };
  const last = Math.max(1, Math.ceil(users.length / size));
  const start = (Math.min(page, last) - 1) * size;
  return { data: users.slice(start, start + size), data2: users.length };
}

/** An id may be given; SCIM, which shows the people of all organizations, finds a user by it. */
function addUser(directory: Directory, body: JsonObject): boolean {
  checkUser(directory, {}, body);
  const [owner, id] = [String(body["owner"] ?? ""), body["id"]];
  if (owner === "") throw new CasdoorError("the user's owner and name should not be empty");
  const attributes = withColumns({}, body, [...defaultColumns, ...adminColumns, "external_id"]);
  if (typeof id === "string" && directory.find(id) !== undefined) throw new CasdoorError("Duplicate entry");
  directory.create("User", attributes, [], typeof id === "string" && id !== "" ? id : undefined);
  return true;
}

function updateUser(directory: Directory, search: URLSearchParams, body: JsonObject): boolean {
  const [id, userId, owner] = ["id", "userId", "owner"].map((name) => search.get(name) ?? "");
  const entry = userId !== "" ? byUserId(directory, owner ?? "", userId ?? "") : byName(directory, id ?? "");
  if (entry === undefined) throw new CasdoorError(`The user: ${id || userId} doesn't exist`);
  if (search.get("allowEmpty") === null && (body["displayName"] ?? "") === "") {
    throw new CasdoorError("Display name cannot be empty");
  }
  checkUser(directory, toCasdoorUser(entry), body);
  const otherId = body["id"];
  if (typeof otherId === "string" && otherId !== "" && otherId !== entry.id) {
    throw new CasdoorError("the simulator does not change ids");
  }
  const named = (search.get("columns") ?? "").split(",").filter((column) => column !== "");
  const columns = [...(named.length === 0 ? defaultColumns : named), ...adminColumns];
  directory.update(entry, withColumns(entry.attributes, body, columns));
  return true;
}

function deleteUser(directory: Directory, body: JsonObject): boolean {
  const entry = byName(directory, `${String(body["owner"] ?? "")}/${String(body["name"] ?? "")}`);
  if (entry !== undefined) directory.delete(entry);
  return entry !== undefined;
}

/** object/check.go, CheckUpdateUser: rules that hold for this API, and not for SCIM. */
function checkUser(directory: Directory, before: JsonObject, after: JsonObject): void {
  const owner = after["owner"] ?? "";
  const isTaken = (field: string): boolean =>
    directory.list("User").some(({ attributes }) => {
      return readField(attributes, "owner") === owner && readField(attributes, field) === after[field];
    });
  for (const [field, label] of [
    ["name", "Username"],
    ["email", "Email"],
    ["phone", "Phone"],
  ] as const) {
    const value = after[field] ?? "";
    if (value === (before[field] ?? "")) continue;
    if (field === "name") checkName(String(value));
    if (value !== "" && isTaken(field)) throw new CasdoorError(`${label} already exists`);
  }
}

function checkName(name: string): void {
  if (name === "") throw new CasdoorError("Empty username.");
  if (/^[a-zA-Z0-9]+(?:[-._][a-zA-Z0-9]+)*$/.test(name)) return;
  throw new CasdoorError("The username may only contain alphanumeric characters, underlines or hyphens");
}

function byUserId(directory: Directory, owner: string, id: string): Entry | undefined {
  const entry = directory.get("User", id);
  return entry !== undefined && readField(entry.attributes, "owner") === owner ? entry : undefined;
}

function byName(directory: Directory, id: string): Entry | undefined {
  const slash = id.indexOf("/");
  const [owner, name] = [id.slice(0, slash), id.slice(slash + 1)];
  return directory
    .lookUp("User", "userName", name)
    .find(({ attributes }) => attributes["userName"] === name && readField(attributes, "owner") === owner);
}
