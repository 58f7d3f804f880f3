import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Judge } from "./journal.ts";
import { locate, type Model } from "./model.ts";
import { quoted } from "./values.ts";

/** Attribute names as a tree: a leaf stands for all of the attribute. */
type Tree = Map<string, Tree | true>;

/** Which attributes an answer holds (RFC 7644 §3.9). */
export interface Projection {
  readonly kind: "all" | "only" | "without";
  readonly tree: Tree;
}

/** Reads `attributes` and `excludedAttributes`; each a list. @throws Refusal if there are both */
export function parseProjection(
  model: Model,
  only: readonly string[] | undefined,
  without: readonly string[] | undefined,
  judge: Judge,
): Projection {
  if (only && without) {
    judge.refuse("query-attributes", "Both attributes and excludedAttributes are given.", "invalidValue");
  }
  const kind = only ? "only" : without ? "without" : "all";
  const tree: Tree = new Map();
  for (const name of only ?? without ?? []) {
    const located = locate(model, name);
    if (!located) {
      judge.note("query-attributes", `${model.type} has no attribute ${quoted(name)}.`);
      continue;
    }
    const path = [located.extension?.id, located.attribute?.name, located.sub?.name].filter(
      (step) => step !== undefined,
    );
    insert(tree, path);
  }
  // RFC 7643 §7: what is returned always is not excluded and need not be asked for.
  for (const name of ["id", "schemas"]) if (kind === "only") tree.set(name, true);
  for (const name of ["id", "schemas"]) if (kind === "without") tree.delete(name);
  return { kind, tree };
}

/** Whether the answer holds this top-level attribute, so that what is costly is rendered only then. */
export function holds({ kind, tree }: Projection, name: string): boolean {
  return kind === "only" ? tree.has(name) : tree.get(name) !== true;
}

export function project(resource: JsonObject, { kind, tree }: Projection): JsonObject {
  if (kind === "all") return resource;
  const result = kind === "only" ? pick(resource, tree) : omit(resource, tree);
  return isJsonObject(result) ? result : {};
}

function insert(tree: Tree, path: readonly string[]): void {
  const [name, ...rest] = path;
  if (name === undefined || tree.get(name) === true) return;
  const below = tree.get(name);
  if (rest.length === 0) tree.set(name, true);
  else if (below instanceof Map) insert(below, rest);
  else {
    const made: Tree = new Map();
    tree.set(name, made);
    insert(made, rest);
  }
}

function pick(value: Json, tree: Tree): Json {
  if (isList(value)) return value.map((element) => pick(element, tree));
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    const below = tree.get(name);
    return below === undefined ? [] : [[name, below === true ? item : pick(item, below)]];
  });
  return Object.fromEntries(kept);
}

function omit(value: Json, tree: Tree): Json {
  if (isList(value)) return value.map((element) => omit(element, tree));
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    const below = tree.get(name);
    return below === true ? [] : [[name, below === undefined ? item : omit(item, below)]];
  });
  return Object.fromEntries(kept);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
