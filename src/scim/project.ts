import type { Json, JsonObject } from "../lib/json.ts";
import { parseAttributePath } from "./attribute-path.ts";
import type { SchemaCatalog } from "./catalog.ts";
import { coreSchemaOf, type ResourceType } from "./resource.ts";
import type { AttributeDefinition } from "./schemas/schema.ts";
import { ScimError } from "./scim-error.ts";
import { showPath } from "./show-path.ts";

/** Which attributes an answer holds (RFC 7644 §3.4.2.5, §3.9). */
export interface Projection {
  /** Whether an attribute at the top of a resource, such as `members`, is part of the answer. Then it is loaded. */
  includes(name: string): boolean;
  /** True when a stored document can be answered as it is, `includes` aside. */
  keepsDocument(text: string): boolean;
  /** The attributes of a resource that are part of the answer. */
  apply(resource: JsonObject): JsonObject;
}

export interface ProjectionRequest {
  readonly attributes: readonly string[];
  readonly excludedAttributes: readonly string[];
}

/**
 * What a request asks to see. Names that no schema knows select nothing: clients ask many servers for the same list.
 *
 * @throws {ScimError} 400 invalidValue for both lists at once, or for something that is no attribute path
 */
export function makeProjection(type: ResourceType, catalog: SchemaCatalog, request: ProjectionRequest): Projection {
  if (request.attributes.length > 0 && request.excludedAttributes.length > 0) {
    throw new ScimError(400, "invalidValue", "attributes and excludedAttributes exclude each other");
  }
  const isWhole = request.attributes.length === 0 && request.excludedAttributes.length === 0;
  return isWhole ? shapeOf(type, catalog).whole : projectionOf(type, catalog, request);
}

function projectionOf(type: ResourceType, catalog: SchemaCatalog, request: ProjectionRequest): Projection {
  const mode = request.attributes.length > 0 ? "only" : "without";
  const parameter = mode === "only" ? "attributes" : "excludedAttributes";
  const named = nameAttributes(request[parameter], parameter, type, catalog);
  return makeProjectionOf(shapeOf(type, catalog), mode, named);
}

function makeProjectionOf({ scopes, hidden }: Omit<Shape, "whole">, mode: Mode, named: NamedAttributes): Projection {
  const onlyDerived = [...named].every(([key, what]) => what === "all" && derivedKeys.has(key));
  return {
    includes(name) {
      const definition = scopes.get("")?.get(name.toLowerCase());
      return definition !== undefined && isIncluded(definition, named.get(keyOf("", name)), mode);
    },
    keepsDocument: (text) => mode === "without" && onlyDerived && !hidden.some((name) => text.includes(name)),
    apply: (resource) => projectResource(resource, scopes, named, mode),
  };
}

type Mode = "only" | "without";

/** Sub-attributes that are named in lower case, or all. */
type Named = "all" | ReadonlySet<string>;

/** By schema (lower case, "" for the top) and attribute: what the request names. */
type NamedAttributes = ReadonlyMap<string, Named>;

type Scopes = ReadonlyMap<string, ReadonlyMap<string, AttributeDefinition>>;

function keyOf(scope: string, name: string): string {
  return `${scope.toLowerCase()} ${name.toLowerCase()}`;
}

/** Attributes at the top that are not in the stored document. */
const derivedKeys: ReadonlySet<string> = new Set(["members", "groups", "meta"].map((name) => keyOf("", name)));

/** What the schemas say of a type, in the form that projecting needs. */
interface Shape {
  readonly scopes: Scopes;
  /** Names, quoted as in JSON, that never, or only on request, leave the server. */
  readonly hidden: readonly string[];
  /** The projection of a request that names no attributes, as most do. */
  readonly whole: Projection;
}

const shapes = new WeakMap<SchemaCatalog, Map<ResourceType, Shape>>();

/** Made once for each catalog: a request for one user costs less than this. */
function shapeOf(type: ResourceType, catalog: SchemaCatalog): Shape {
  const ofCatalog = shapes.get(catalog) ?? new Map<ResourceType, Shape>();
  shapes.set(catalog, ofCatalog);
  const known = ofCatalog.get(type);
  if (known) return known;
  const scopes = makeScopes(type, catalog);
  const hidden = hiddenNames(scopes).map((name) => JSON.stringify(name));
  const shape = { scopes, hidden, whole: makeProjectionOf({ scopes, hidden }, "without", new Map()) };
  ofCatalog.set(type, shape);
  return shape;
}

function makeScopes(type: ResourceType, catalog: SchemaCatalog): Scopes {
  const index = (attributes: readonly AttributeDefinition[]) =>
    new Map(attributes.map((attribute) => [attribute.name.toLowerCase(), attribute]));
  return new Map([
    ["", index(catalog.topAttributes(type))],
    ...catalog
      .extensionsOf(type)
      .map(({ id, attributes }): [string, ReadonlyMap<string, AttributeDefinition>] => [
        id.toLowerCase(),
        index(attributes),
      ]),
  ]);
}

function nameAttributes(
  texts: readonly string[],
  parameter: keyof ProjectionRequest,
  type: ResourceType,
  catalog: SchemaCatalog,
): NamedAttributes {
  const named = new Map<string, Named>();
  for (const [index, text] of texts.entries()) {
    const schema = catalog.findSchema(text);
    if (schema) {
      // A schema's URN alone stands for all of its attributes.
      const scope = schema.id === coreSchemaOf[type] ? "" : schema.id;
      for (const { name } of schema.attributes) named.set(keyOf(scope, name), "all");
      continue;
    }
    const path = parseAttributePath(text);
    if (path === null) throw noPath(parameter, index, text);
    const match = catalog.findAttribute(type, path);
    if (match === null) {
      // Still a request for something: `attributes` with nothing known in it answers the minimum.
      named.set(`?${text}`, "all");
      continue;
    }
    const key = keyOf(match.extension ?? "", match.attribute.name);
    const known = named.get(key);
    if (match.sub === null) named.set(key, "all");
    else if (known !== "all") named.set(key, new Set([...(known ?? []), match.sub.name.toLowerCase()]));
  }
  return named;
}

// RFC 7644 §3.10: a name and a sub-attribute, with a URN before it. Filters have no place here.
function noPath(parameter: string, index: number, text: string): ScimError {
  const which = showPath(text) ?? `number ${index + 1}`;
  return new ScimError(
    400,
    "invalidValue",
    `${parameter}: ${which} is no attribute path (name, name.part or URN:name)`,
  );
}

/** Names that never, or only on request, leave the server: a text that has none of them needs no look inside. */
function hiddenNames(scopes: Scopes): readonly string[] {
  const isHidden = ({ returned }: AttributeDefinition) => returned === "never" || returned === "request";
  return [...scopes.values()].flatMap((attributes) =>
    [...attributes.values()]
      .flatMap((attribute) => [attribute, ...(attribute.subAttributes ?? [])])
      .filter(isHidden)
      .map(({ name }) => name),
  );
}

function isIncluded({ returned }: AttributeDefinition, named: Named | undefined, mode: Mode): boolean {
  if (returned === "always") return true;
  if (returned === "never") return false;
  if (mode === "only") return named !== undefined;
  return named !== "all" && returned === "default";
}

function projectResource(resource: JsonObject, scopes: Scopes, named: NamedAttributes, mode: Mode): JsonObject {
  return pick(resource, (key, value) => {
    const extension = key.includes(":") ? key.toLowerCase() : "";
    if (extension === "") return projectAttribute(scopes, "", key, value, named, mode);
    if (!scopes.has(extension) || !isObject(value)) return mode === "without" ? value : undefined;
    const inner = pick(value, (name, inside) => projectAttribute(scopes, extension, name, inside, named, mode));
    return Object.keys(inner).length > 0 ? inner : undefined;
  });
}

function projectAttribute(
  scopes: Scopes,
  scope: string,
  name: string,
  value: Json,
  named: NamedAttributes,
  mode: Mode,
): Json | undefined {
  const definition = scopes.get(scope)?.get(name.toLowerCase());
  if (!definition) return mode === "without" ? value : undefined;
  const wanted = named.get(keyOf(scope, name));
  if (!isIncluded(definition, wanted, mode)) return undefined;
  return definition.subAttributes ? projectComplex(definition, value, wanted, mode) : value;
}

function projectComplex(
  definition: AttributeDefinition,
  value: Json,
  wanted: Named | undefined,
  mode: Mode,
): Json | undefined {
  if (isList(value)) {
    const elements = value.flatMap((element) => projectComplex(definition, element, wanted, mode) ?? []);
    return elements.length > 0 ? elements : undefined;
  }
  if (!isObject(value)) return value;
  const subs = new Map((definition.subAttributes ?? []).map((sub) => [sub.name.toLowerCase(), sub]));
  const inner = pick(value, (name, inside) => {
    const sub = subs.get(name.toLowerCase());
    return !sub || isSubIncluded(sub, wanted, mode) ? inside : undefined;
  });
  return Object.keys(inner).length > 0 ? inner : undefined;
}

function isSubIncluded(sub: AttributeDefinition, wanted: Named | undefined, mode: Mode): boolean {
  const isNamed = wanted !== undefined && wanted !== "all" && wanted.has(sub.name.toLowerCase());
  // A whole attribute that is asked for comes with its default sub-attributes.
  if (wanted === undefined || wanted === "all") return isIncluded(sub, undefined, "without");
  return isIncluded(sub, isNamed ? "all" : undefined, mode);
}

/** Own members only, and made as own members: a key may be `__proto__`. */
function pick(object: JsonObject, choose: (key: string, value: Json) => Json | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      const chosen = choose(key, value);
      return chosen === undefined ? [] : [[key, chosen] as const];
    }),
  );
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
