import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Entry } from "./directory.ts";
import { type Draft, isArray } from "./values.ts";

// A user as Casdoor has it (object/user.go), beside what SCIM shows of the same one. What SCIM has no place for stands
// among the attributes under Casdoor's own name, and is not shown by SCIM.

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** What is missing says nothing: Go fills it with the empty value of its kind. */
type Empty = "" | false | 0;

interface Field {
  readonly field: string;
  readonly column: string;
  /** Where SCIM has it: an attribute, and a part of it; null: nowhere. */
  readonly scim: readonly [attribute: string, part?: string] | null;
  readonly empty: Empty;
}

const text = (field: string, column: string, ...scim: readonly string[]): Field => {
  const [attribute, part] = scim;
  const place =
    attribute === undefined ? null : part === undefined ? ([attribute] as const) : ([attribute, part] as const);
  return { field, column, scim: place, empty: "" };
};
const flag = (field: string, column: string): Field => ({ field, column, scim: null, empty: false });

const fields: readonly Field[] = [
  text("owner", "owner", enterprise, "organization"),
  text("name", "name", "userName"),
  text("externalId", "external_id", "externalId"),
  text("displayName", "display_name", "displayName"),
  text("firstName", "first_name", "name", "givenName"),
  text("lastName", "last_name", "name", "familyName"),
  text("email", "email", "emails", "value"),
  text("phone", "phone", "phoneNumbers", "value"),
  text("avatar", "avatar", "photos", "value"),
  text("location", "location", "addresses", "locality"),
  text("region", "region", "addresses", "region"),
  text("countryCode", "country_code", "addresses", "country"),
  text("homepage", "homepage", "profileUrl"),
  text("type", "type", "userType"),
  text("title", "title"),
  text("tag", "tag"),
  text("gender", "gender"),
  text("wecom", "wecom"),
  flag("isAdmin", "is_admin"),
  flag("isForbidden", "is_forbidden"),
  flag("isDeleted", "is_deleted"),
  { field: "score", column: "score", scim: null, empty: 0 },
];

const listed: ReadonlySet<string> = new Set(["emails", "phoneNumbers", "photos", "addresses"]);
const hidden: ReadonlySet<string> = new Set(fields.flatMap(({ field, scim }) => (scim === null ? [field] : [])));

/** The columns of an update that names none; `external_id` is not among them. */
export const defaultColumns: readonly string[] = fields
  .map(({ column }) => column)
  .filter((column) => !["external_id", "name", "email", "phone", "country_code", "type"].includes(column));

/** What an update writes besides, if an administrator makes it: of the body, whatever that says of them. */
export const adminColumns: readonly string[] = ["name", "id", "email", "phone", "country_code", "type"];

/** As SCIM shows it (scim/util.go, user2resource). */
export function shownByScim(resource: JsonObject): JsonObject {
  const shown = Object.entries(resource).filter(([name]) => !hidden.has(name));
  const active = resource["isForbidden"] !== true && resource["isDeleted"] !== true;
  return Object.fromEntries([...shown, ["active", active]]);
}

/** As the API answers it, the password masked. */
export function toCasdoorUser({ id, attributes, createdAt, modifiedAt }: Entry): JsonObject {
  return {
    ...Object.fromEntries(fields.map((each) => [each.field, read(attributes, each)])),
    ...{ id, password: "***", groups: [], properties: {} },
    createdTime: new Date(createdAt).toISOString(),
    updatedTime: new Date(modifiedAt).toISOString(),
  };
}

/** The attributes with these columns as the body has them: what it lacks is emptied. */
export function withColumns(attributes: JsonObject, body: JsonObject, columns: readonly string[]): JsonObject {
  return fields
    .filter(({ column }) => columns.includes(column))
    .reduce((changed, each) => write(changed, each, body[each.field] ?? each.empty), attributes);
}

export function readField(attributes: JsonObject, field: string): Json {
  const found = fields.find((each) => each.field === field);
  return found === undefined ? "" : read(attributes, found);
}

function read(attributes: JsonObject, { field, scim, empty }: Field): Json {
  const [attribute, part] = scim ?? [field];
  const value = attributes[attribute];
  if (part === undefined) return value ?? empty;
  const holder = isArray(value ?? null) ? (value as readonly Json[])[0] : value;
  return (isJsonObject(holder) ? holder[part] : undefined) ?? empty;
}

function write(attributes: JsonObject, { field, scim, empty }: Field, value: Json): JsonObject {
  const [attribute, part] = scim ?? [field];
  const isEmpty = value === empty;
  if (part === undefined) return put(attributes, attribute, isEmpty ? null : value);
  const before = attributes[attribute];
  const first = isArray(before ?? null) ? (before as readonly Json[])[0] : before;
  const holder = put(isJsonObject(first) ? first : {}, part, isEmpty ? null : value);
  if (Object.keys(holder).length === 0) return put(attributes, attribute, null);
  return put(attributes, attribute, listed.has(attribute) ? [holder] : holder);
}

function put(object: JsonObject, name: string, value: Json): JsonObject {
  const after: Draft = { ...object };
  if (value === null) delete after[name];
  else after[name] = value;
  return after;
}
