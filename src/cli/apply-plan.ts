import { isJsonObject, type Json, type JsonObject, member } from "../lib/json.ts";
import { secretMask } from "../lib/secrets.ts";
import type { ComparedAnswer } from "./answers.ts";

// What is to be done so that a server is as a file says: plain data, in the order in which it is done.

export type Kind = ComparedAnswer["kind"];

/** One call of the management API. */
export interface Step {
  readonly kind: Kind;
  readonly name: string;
  readonly action: "create" | "update" | "delete";
  readonly changes: ComparedAnswer["changes"];
  /** JSON Pointer in the file; empty for what is not in it. */
  readonly place: string;
  readonly method: "POST" | "PATCH" | "DELETE";
  /** Below `/api/v1`. */
  readonly path: string;
  /** Null where none is sent. Holds secrets. */
  readonly body: JsonObject | null;
  /** How many links a target has that gets another baseUrl; 0 where none are in question. */
  readonly links: number;
}

export interface ApplyPlan {
  readonly steps: readonly Step[];
  /** What the server has beside the file, and keeps. */
  readonly leftAlone: readonly Pick<Step, "kind" | "name">[];
}

/** Kinds in the order in which later ones may name earlier ones; the route of each, and what one is called. */
export const kinds: Readonly<Record<Kind, { readonly route: string; readonly one: string }>> = {
  settings: { route: "/settings", one: "settings" },
  sources: { route: "/sources", one: "source" },
  targets: { route: "/targets", one: "target" },
  userGroups: { route: "/user-groups", one: "user group" },
  scimClients: { route: "/scim-clients", one: "SCIM client" },
  webhooks: { route: "/webhooks", one: "webhook" },
};

const order = Object.keys(kinds) as readonly Kind[];

/**
 * @param document the file, its references read
 * @param compared what the server says is different
 * @param prune deletes what the file does not name, of the lists that it has
 */
export function makeApplyPlan(
  document: JsonObject,
  compared: readonly ComparedAnswer[],
  { prune }: { readonly prune: boolean },
): ApplyPlan {
  const isPruned = ({ kind }: ComparedAnswer): boolean => prune && member(document, kind) !== undefined;
  const unlisted = compared.filter(({ action }) => action === "unlisted");
  const made = compared.flatMap((each) => toStep(each, document)).toSorted(byTurn);
  const gone = unlisted.filter(isPruned).map(toDeletion).toSorted(byTurn).reverse();
  const leftAlone = unlisted.filter((each) => !isPruned(each)).map(({ kind, name }) => ({ kind, name }));
  return { steps: [...made, ...gone], leftAlone };
}

/** JSON Pointers of where a file names sources that its plan would delete: it would be wrong as soon as that is done. */
export function namedThoughDeleted(document: JsonObject, { steps }: ApplyPlan): readonly string[] {
  const gone = new Set(
    steps.flatMap(({ kind, action, name }) => (kind === "sources" && action === "delete" ? name : [])),
  );
  return ["targets", "userGroups", "scimClients"].flatMap((kind) => {
    const list = member(document, kind);
    const things: readonly Json[] = Array.isArray(list) ? list : [];
    return things.flatMap((thing, index) => {
      const sources = isJsonObject(thing) ? member(thing, "sources") : undefined;
      const isNamed = Array.isArray(sources) && sources.some((name) => typeof name === "string" && gone.has(name));
      return isNamed ? [`/${kind}/${index}/sources`] : [];
    });
  });
}

/** Disabling makes room for what is enabled after it, where the number of sources is limited. */
function byTurn(a: Step, b: Step): number {
  const turn = (step: Step): number => order.indexOf(step.kind) * 2 + (disables(step) ? 0 : 1);
  return turn(a) - turn(b);
}

function disables({ action, changes }: Step): boolean {
  return action === "update" && changes.some(({ pointer, after }) => pointer === "/status" && after === "disabled");
}

function toStep({ kind, name, id, place, action, changes, links }: ComparedAnswer, document: JsonObject): Step[] {
  if (place === null || (action !== "create" && action !== "update")) return [];
  const { route } = kinds[kind];
  const written = valueAt(document, stepsOf(place));
  const step = { kind, name, place, changes, links };
  if (action === "create") {
    return [{ ...step, action, method: "POST", path: route, body: isJsonObject(written) ? written : {} }];
  }
  const path = id === null ? route : `${route}/${encodeURIComponent(id)}`;
  return [{ ...step, action, method: "PATCH", path, body: toMergePatch(changes, written) }];
}

function toDeletion({ kind, name, id }: ComparedAnswer): Step {
  const path = `${kinds[kind].route}/${encodeURIComponent(id ?? name)}`;
  return { kind, name, action: "delete", changes: [], place: "", method: "DELETE", path, body: null, links: 0 };
}

/**
 * The JSON Merge Patch (RFC 7396) of changes. Where the server shows a mask, the file has the secret, or a mask that
 * leaves it as it is.
 */
export function toMergePatch(changes: ComparedAnswer["changes"], written: Json | undefined): JsonObject {
  let patch: JsonObject = {};
  for (const { pointer, after } of changes) {
    const path = stepsOf(pointer);
    patch = put(patch, path, after === undefined ? null : unmask(after, valueAt(written, path)));
  }
  return patch;
}

function unmask(shown: Json, written: Json | undefined): Json {
  if (shown === secretMask) return typeof written === "string" ? written : shown;
  if (!isJsonObject(shown)) return shown;
  const own = isJsonObject(written) ? written : {};
  return Object.fromEntries(Object.entries(shown).map(([key, each]) => [key, unmask(each, member(own, key))]));
}

function put(object: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return object;
  const held = member(object, key);
  const inner = rest.length === 0 ? value : put(isJsonObject(held) ? held : {}, rest, value);
  return Object.fromEntries([...Object.entries(object).filter(([each]) => each !== key), [key, inner]]);
}

function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let at = value;
  for (const step of path) {
    if (Array.isArray(at)) at = (at as readonly Json[])[Number(step)];
    else at = isJsonObject(at) ? member(at, step) : undefined;
  }
  return at;
}

/** The keys of a JSON Pointer (RFC 6901). */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
