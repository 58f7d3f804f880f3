import type { Result, Router } from "hono/router";
import { TrieRouter } from "hono/router/trie-router";
import { childOf } from "../lib/child-of.ts";

/** A route of all paths that differ in their last part only. */
interface Found<T> {
  readonly handler: T;
  readonly parameters: Parameters;
  /** Those of the parameters that are the last part. */
  readonly names: readonly string[];
}

/** Methods are anybody's to invent: routes of others are looked for each time. */
const knownMethods: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * Hono's router for any routes, which remembers what it found: for each path without parameters, and for all paths that
 * differ in their last part only. Its faster one does not take `/Users/.search` beside `/Users/:id`, and looking through
 * the tree anew costs a request for one user more than reading him does.
 */
export class RememberingRouter<T> implements Router<T> {
  readonly name = "RememberingRouter";
  readonly #tree = new TrieRouter<T>();
  readonly #fixedPaths = new Set<string>();
  /** Paths with a slash at their end, below which any one part is a parameter. */
  readonly #parents = new Set<string>();
  /** Parts that some route spells out: a path that ends with one is not like the others below its parent. */
  readonly #words = new Set<string>();
  readonly #ofPath = new Map<string, Result<T>>();
  readonly #belowParent = new Map<string, readonly Found<T>[]>();
  /** Whether a parameter's text can decide about a route: then those below a parent are not alike. */
  #isParticular = false;

  add(method: string, path: string, handler: T): void {
    this.#tree.add(method, path, handler);
    this.#ofPath.clear();
    this.#belowParent.clear();
    for (const part of path.split("/")) this.#words.add(part);
    if (/[{?]/.test(path)) this.#isParticular = true;
    else if (!/[:*]/.test(path)) this.#fixedPaths.add(path);
    else if (/^[^:*]*\/:\w+$/.test(path)) this.#parents.add(path.slice(0, path.lastIndexOf(":")));
  }

  match(method: string, path: string): Result<T> {
    if (!knownMethods.has(method)) return this.#tree.match(method, path);
    if (this.#fixedPaths.has(path))
      return childOf(this.#ofPath, `${method} ${path}`, () => this.#tree.match(method, path));
    const parent = path.slice(0, path.lastIndexOf("/") + 1);
    const last = path.slice(parent.length);
    if (this.#isParticular || !this.#parents.has(parent) || this.#words.has(last))
      return this.#tree.match(method, path);
    const found = childOf(this.#belowParent, `${method} ${parent}`, () => {
      // The tree gives texts; the type allows another router's places in a match.
      const [handlers] = this.#tree.match(method, parent + anyPart) as [[T, Parameters][]];
      return handlers.map(([handler, parameters]) => {
        const names = Object.keys(parameters).filter((name) => parameters[name] === anyPart);
        return { handler, parameters, names };
      });
    });
    return [found.map(({ handler, parameters, names }) => [handler, withLast(parameters, names, last)])];
  }
}

/** Stands for the last part of a path: no path has it, for it would be encoded there. */
const anyPart = "\u0000";

type Parameters = Record<string, string>;

function withLast(parameters: Parameters, names: readonly string[], last: string): Parameters {
  if (names.length === 0) return parameters;
  const all = { ...parameters };
  for (const name of names) all[name] = last;
  return all;
}
