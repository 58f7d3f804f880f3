import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { parseAttributePath } from "../../scim/attribute-path.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { ProfileFacts } from "../profile.ts";

/** The facts of a profile that say how a document is written. */
export type WritingFacts = Pick<
  ProfileFacts,
  "omit" | "require" | "constants" | "externalId" | "singleValued" | "valueTypes"
>;

/** What an operator entered for the constants that a profile names. */
export type Constants = Readonly<Record<string, string>>;

type Refine = (type: ResourceType, document: JsonObject) => JsonObject;

type Step = (document: JsonObject) => JsonObject;

const keyOf = { User: "users", Group: "groups" } as const;

/**
 * Writes our documents as the profile says: without what the product does not take, with the constants that it wants.
 * A profile that says nothing of all that gives back what it is given.
 */
export function makeRefine(facts: WritingFacts, constants: Constants): Refine {
  const steps = (type: ResourceType) => [...omissions(type, facts), ...adaptions(type, facts, constants)];
  return applied({ User: steps("User"), Group: steps("Group") });
}

/** Takes out what is never sent, and does nothing else. */
export function makeOmit(facts: WritingFacts): Refine {
  return applied({ User: omissions("User", facts), Group: omissions("Group", facts) });
}

function applied(steps: Readonly<Record<ResourceType, readonly Step[]>>): Refine {
  return (type, document) => steps[type].reduce((refined, step) => step(refined), document);
}

/** The paths among these that a document has no value at. */
export function lackingPaths(paths: readonly string[], document: JsonObject): readonly string[] {
  return paths.filter((path) => !hasValue(valueAt(document, path)));
}

function omissions(type: ResourceType, { omit, externalId }: WritingFacts): readonly Step[] {
  const key = keyOf[type];
  const never = externalId.value[key] === "never" ? ["externalId"] : [];
  return [...omit.value[key], ...never].map(
    (path): Step =>
      (document) =>
        without(document, path),
  );
}

function adaptions(type: ResourceType, facts: WritingFacts, constants: Constants): readonly Step[] {
  const key = keyOf[type];
  const set = Object.entries(facts.constants.value).flatMap(([name, constant]) => {
    const value = Object.hasOwn(constants, name) ? constants[name] : undefined;
    return value === undefined ? [] : constant[key].map((path) => ({ path, value }));
  });
  return [
    ...(facts.singleValued.value ? [withSingleValues] : []),
    ...(facts.valueTypes.value ? [] : [withoutValueTypes]),
    ...set.map(
      ({ path, value }): Step =>
        (document) =>
          withValue(document, path, value),
    ),
  ];
}

function without(document: JsonObject, path: string): JsonObject {
  // The URN of an extension reads as a name in a shorter URN: what stands there under that key is meant.
  if (Object.hasOwn(document, path)) return withoutKey(document, path);
  const { schema, name, sub } = parseAttributePath(path) ?? { schema: null, name: path, sub: null };
  if (schema !== null) {
    const extension = document[schema];
    return isJsonObject(extension) ? put(document, schema, without(extension, local(name, sub))) : document;
  }
  if (sub === null || !Object.hasOwn(document, name)) return withoutKey(document, name);
  const value = document[name] ?? null;
  if (!Array.isArray(value)) return isJsonObject(value) ? put(document, name, withoutKey(value, sub)) : document;
  const elements = value.map((element: Json) => (isJsonObject(element) ? withoutKey(element, sub) : element));
  return put(
    document,
    name,
    elements.filter((element) => !isJsonObject(element) || !isEmpty(element)),
  );
}

/** RFC 7643 §2.5: what is empty says the same as leaving it out. */
function put(document: JsonObject, key: string, value: JsonObject | readonly Json[]): JsonObject {
  return isEmpty(value) ? withoutKey(document, key) : { ...document, [key]: value };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function withValue(document: JsonObject, path: string, value: string): JsonObject {
  const { schema, name, sub } = parseAttributePath(path) ?? { schema: null, name: path, sub: null };
  if (schema !== null) {
    const extension = document[schema];
    return { ...document, [schema]: withValue(isJsonObject(extension) ? extension : {}, local(name, sub), value) };
  }
  if (sub === null) return { ...document, [name]: value };
  const held = document[name];
  return { ...document, [name]: { ...(isJsonObject(held) ? held : {}), [sub]: value } };
}

function valueAt(document: JsonObject, path: string): Json | undefined {
  const { schema, name, sub } = parseAttributePath(path) ?? { schema: null, name: path, sub: null };
  const holder = schema === null ? document : document[schema];
  if (!isJsonObject(holder) || !Object.hasOwn(holder, name)) return undefined;
  const value = holder[name];
  if (sub === null) return value;
  const elements = Array.isArray(value) ? (value as readonly Json[]) : [value ?? null];
  return elements.map((element) => (isJsonObject(element) ? element[sub] : undefined)).find(hasValue);
}

function hasValue(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || !isEmpty(value);
}

/** Of each attribute with several values the primary one, or else the first. */
function withSingleValues(document: JsonObject): JsonObject {
  return mapLists(document, (list) => {
    const primary = list.find((value) => isJsonObject(value) && value["primary"] === true);
    return list.length < 2 ? list : [primary ?? list[0] ?? null];
  });
}

// RFC 7643 §2.4: what every value may have besides the value itself.
function withoutValueTypes(document: JsonObject): JsonObject {
  return mapLists(document, (list) =>
    list.map((value) =>
      isJsonObject(value) ? ["type", "primary", "display"].reduce((kept, key) => withoutKey(kept, key), value) : value,
    ),
  );
}

function mapLists(document: JsonObject, change: (list: readonly Json[]) => readonly Json[]): JsonObject {
  return Object.fromEntries(
    Object.entries(document).map(([key, value]): [string, Json] => [
      key,
      key !== "schemas" && Array.isArray(value) ? change(value as readonly Json[]) : value,
    ]),
  );
}

function withoutKey(object: JsonObject, key: string): JsonObject {
  if (!Object.hasOwn(object, key)) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

function local(name: string, sub: string | null): string {
  return sub === null ? name : `${name}.${sub}`;
}
