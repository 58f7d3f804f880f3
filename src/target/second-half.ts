import { contentHash } from "../lib/hash.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { parseAttributePath } from "../scim/attribute-path.ts";
import type { ResourceType } from "../scim/resource.ts";
import type { ProfileFacts } from "./profile.ts";
import type { KnownSchemas, PatchOperation, TargetLanguage } from "./target.ts";

// What of a user goes to a product by its own API, because its SCIM can't say it.
//
//   document ──adjust──► desired ──atCreate──► POST (SCIM) ──the rest──► the product's API
//                           └────difference──► operations ──split by path──► SCIM, API

/** An attribute of users that goes by the product's own API, as the profile's fact `api` says. */
export interface SecondAttribute {
  /** As operations name it: `active`, `urn:…:User:gender`. */
  readonly path: string;
  /** URN of its extension; null: a core attribute. */
  readonly schema: string | null;
  readonly name: string;
  /** Its name in the product's object of a user, and what an update calls it. */
  readonly field: string;
  readonly column: string;
  /** A yes or no, and the product says the opposite. Of a new account ours is true. */
  readonly negated: boolean;
  /** Values of ours that the product writes otherwise. */
  readonly values: Readonly<Record<string, string>>;
  readonly isUserid: boolean;
}

export interface SecondHalf {
  /** The organization in which the API looks for people. */
  readonly owner: string;
  readonly attributes: readonly SecondAttribute[];
  /** The attribute that holds WeCom's userid; null: no account is linked to WeCom. */
  readonly useridFrom: string | null;
}

/** What a target's settings say of the product's own API. */
export interface ApiSettings {
  /** Absent: beside the SCIM, as `apiBaseUrl` finds it. */
  readonly baseUrl?: string | undefined;
  readonly userid?: string | undefined;
}

/**
 * What goes by the product's own API: by its profile, and the settings of a target that uses it. Null: nothing.
 *
 * @param constants as the settings say
 */
export function secondHalfOf(
  { api }: Pick<ProfileFacts, "api">,
  settings: ApiSettings | undefined,
  constants: Readonly<Record<string, string>> = {},
): SecondHalf | null {
  if (api.value === null || settings === undefined) return null;
  const { owner, attributes } = api.value;
  const useridFrom = settings.userid ?? null;
  return {
    owner: constants[owner] ?? "",
    useridFrom,
    attributes: Object.entries(attributes).flatMap(([path, { field, column, negated, values, userid }]) => {
      if (userid && useridFrom === null) return [];
      const { schema, name } = parseAttributePath(path) ?? { schema: null, name: path };
      return [{ path, schema, name, field, column, negated, values, isUserid: userid }];
    }),
  };
}

/** The API's address beside a SCIM base URL: `https://host/api` for `https://host/scim`; null where that can't be told. */
export function apiBaseUrl(scimBaseUrl: string): string | null {
  const [, root] = /^(.*)\/scim(?:\/v2)?\/*$/i.exec(scimBaseUrl) ?? [];
  return root === undefined ? null : `${root}/api`;
}

/** The facts of a product whose own API is used: what goes that way is not left out, and accounts can be inactive. */
export function factsWith<Facts extends Pick<ProfileFacts, "omit" | "deactivate">>(
  facts: Facts,
  { attributes }: SecondHalf,
): Facts {
  const paths = new Set(attributes.map(({ path }) => path));
  const { omit, deactivate } = facts;
  return {
    ...facts,
    omit: { ...omit, value: { ...omit.value, users: omit.value.users.filter((path) => !paths.has(path)) } },
    deactivate: { ...deactivate, value: paths.has("active") ? "active" : deactivate.value },
  };
}

/** Extension attributes that the product knows by its API. */
export function secondSchemas({ attributes }: SecondHalf): KnownSchemas {
  const known = new Map<string, Set<string>>();
  for (const { schema, name } of attributes) {
    if (schema === null) continue;
    const names = known.get(schema.toLowerCase()) ?? new Set();
    known.set(schema.toLowerCase(), names.add(name.toLowerCase()));
  }
  return known;
}

/** A language that also says what goes by the API; the rest as `base` says it. */
export function withSecondHalf(base: TargetLanguage, half: SecondHalf): TargetLanguage {
  const { attributes } = half;
  return {
    ...base,
    version: contentHash(canonicalJson([base.version, JSON.parse(JSON.stringify(half)) as Json])),
    // An account is made active, and switched off by another request: who is to be inactive gets none.
    makesInactive: base.makesInactive && !attributes.some(({ path }) => path === "active"),
    adjust: (document, options) => base.adjust(options.type === "User" ? written(document, half) : document, options),
    atCreate(type, document) {
      if (type !== "User" || attributes.every((each) => valueAt(document, each) === undefined)) {
        return base.atCreate(type, document);
      }
      const sent = attributes.reduce(without, document);
      const held = attributes
        .filter(({ negated }) => negated)
        .reduce((made, each) => {
          return valueAt(document, each) === undefined ? made : withValue(made, each, true);
        }, sent);
      return { sent, rest: base.difference(type, held, document), held };
    },
  };
}

/** Which operations go by SCIM, and which by the API with the attribute that each is about. */
export function splitOperations(
  { attributes }: SecondHalf,
  type: ResourceType,
  operations: readonly PatchOperation[],
): {
  readonly scim: readonly PatchOperation[];
  readonly api: readonly { readonly attribute: SecondAttribute; readonly operation: PatchOperation }[];
} {
  if (type !== "User") return { scim: operations, api: [] };
  const attributeOf = ({ path }: PatchOperation) =>
    attributes.find((each) => each.path.toLowerCase() === path?.toLowerCase());
  return {
    scim: operations.filter((operation) => attributeOf(operation) === undefined),
    api: operations.flatMap((operation) => {
      const attribute = attributeOf(operation);
      return attribute === undefined ? [] : [{ attribute, operation }];
    }),
  };
}

/** What the product's object of a user is to say; nothing there is an empty text. */
export function fieldValue({ negated }: SecondAttribute, { op, value }: PatchOperation): string | boolean {
  if (negated) return op !== "remove" && value === false;
  return op === "remove" || value === null || value === undefined ? "" : String(value);
}

/** What the product shows: the SCIM representation with the attributes that only its API has. */
export function shownWith(document: JsonObject, user: JsonObject, { attributes }: SecondHalf): JsonObject {
  return attributes.reduce((shown, each) => {
    const value = member(user, each.field);
    if (each.negated) {
      // SCIM may know of another reason, such as an account that is marked as deleted.
      return withValue(shown, each, valueAt(shown, each) !== false && value !== true);
    }
    return typeof value === "string" && value !== "" ? withValue(shown, each, value) : without(shown, each);
  }, document);
}

function written(document: JsonObject, { attributes, useridFrom }: SecondHalf): JsonObject {
  return attributes.reduce((changed, each) => {
    const value = each.isUserid ? useridIn(document, useridFrom) : valueAt(changed, each);
    if (value === undefined || value === null) return without(changed, each);
    return withValue(changed, each, (typeof value === "string" ? member(each.values, value) : undefined) ?? value);
  }, document);
}

/** WeCom's userids are of letters, digits and `_-@.`: what stands before a colon is the namespace of the source. */
function useridIn(document: JsonObject, path: string | null): string | undefined {
  const { schema, name } = parseAttributePath(path ?? "") ?? { schema: null, name: "" };
  const value = valueAt(document, { schema, name });
  return typeof value === "string" && value !== "" ? value.slice(value.lastIndexOf(":") + 1) : undefined;
}

type Place = Pick<SecondAttribute, "schema" | "name">;

function valueAt(document: JsonObject, { schema, name }: Place): Json | undefined {
  const holder = schema === null ? document : member(document, schema);
  return isJsonObject(holder) ? member(holder, name) : undefined;
}

function withValue(document: JsonObject, { schema, name }: Place, value: Json): JsonObject {
  if (schema === null) return { ...document, [name]: value };
  const extension = member(document, schema);
  return { ...document, [schema]: { ...(isJsonObject(extension) ? extension : {}), [name]: value } };
}

/** `schemas` names no extension that nothing is left of (RFC 7643 §3). */
function without(document: JsonObject, { schema, name }: Place): JsonObject {
  if (schema === null) return omitted(document, name);
  const extension = member(document, schema);
  if (!isJsonObject(extension) || !Object.hasOwn(extension, name)) return document;
  const rest = omitted(extension, name);
  if (Object.keys(rest).length > 0) return { ...document, [schema]: rest };
  const left = omitted(document, schema);
  const schemas = member(left, "schemas");
  return Array.isArray(schemas) ? { ...left, schemas: schemas.filter((urn: Json) => urn !== schema) } : left;
}

function omitted(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}
