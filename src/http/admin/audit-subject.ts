import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { jsonPointer } from "../../lib/json-pointer.ts";

// What a record of the audit log says of a request, told from its route and its body. No values, and no names of people.

/** What things are called, by the part of a path that stands before their ids. */
const kinds: Readonly<Record<string, string>> = {
  administrators: "administrator",
  authorizations: "authorization",
  extensions: "extension",
  groups: "department",
  "identity-cases": "identity-case",
  mappings: "mapping",
  plans: "plan",
  providers: "provider",
  resources: "resource",
  "scim-clients": "scim-client",
  sources: "source",
  "sync-tasks": "sync-task",
  targets: "target",
  "user-groups": "user-group",
  users: "user",
  webhooks: "webhook",
};

/** Parts below a source or a provider that are things of their own. */
const inner: ReadonlySet<string> = new Set(["users", "groups", "authorizations"]);

/** A route as the API's description has it: `PATCH /api/v1/sources/{id}`. */
export function actionOf(method: string, pattern: string): string {
  return `${method} ${pattern.replaceAll(/:(\w+)/g, "{$1}")}`;
}

/**
 * What a request is about, as its path calls it: by an id or by a name. Null for a path that nothing answers at.
 *
 * @param pattern the route: `/api/v1/sources/:id`
 */
export function subjectOf(
  pattern: string,
  path: string,
): { readonly kind: string; readonly named: string | null } | null {
  const [routed, sent] = [pattern, path].map((text) => text.split("/").slice(3)) as [string[], string[]];
  const [top] = routed;
  if (top === undefined || top === "*") return null;
  const innermost = routed.findLastIndex((part, index) => index > 0 && inner.has(part));
  const at = Math.max(0, innermost);
  const kind = kinds[routed[at] ?? ""] ?? routed[at] ?? top;
  return { kind, named: routed[at + 1]?.startsWith(":") ? decoded(sent[at + 1] ?? "") : null };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Of a deep body the parts below are named by what they are part of. */
const mostDepth = 3;
const mostFields = 100;

/** Names of members as this API has them; what somebody made up may be anything. */
const isPlain = /^[A-Za-z$][\w$-]{0,63}$/;

/** Fields of a source or target that decide who is removed, who is called otherwise, and what of it is held. */
const decisive = /^\/(safeguards|scope|mapping|namespace|sources|provision)(\/|$)/;

/** Whether who sent this field had a say in what a safeguard holds. */
export function isDecisiveField(pointer: string): boolean {
  return decisive.test(pointer);
}

/** JSON Pointers of the fields that a body has. Of too many, those that decide are not left out: nobody hides them behind others. */
export function fieldsOf(body: unknown): readonly string[] {
  const all = isJsonObject(body) ? walk(body, []) : [];
  if (all.length <= mostFields) return all;
  const [first, rest] = [true, false].map((isFirst) => all.filter((each) => isDecisiveField(each) === isFirst));
  return [...(first ?? []), ...(rest ?? [])].slice(0, mostFields);
}

function walk(object: JsonObject, path: readonly string[]): readonly string[] {
  return Object.entries(object).flatMap(([key, value]) => {
    if (!isPlain.test(key)) return [];
    const at = [...path, key];
    const below = isJsonObject(value) && at.length < mostDepth ? walk(value, at) : [];
    return below.length > 0 ? below : [jsonPointer(at)];
  });
}
