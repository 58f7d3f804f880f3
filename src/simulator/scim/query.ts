import type { JsonObject } from "../../lib/json.ts";
import type { Directory, Entry } from "./directory.ts";
import { listUrn } from "./discovery.ts";
import { type CompiledFilter, compileFilter } from "./filter-match.ts";
import { type Filter, GrammarError, parseFilter } from "./filter-syntax.ts";
import type { Judge } from "./journal.ts";
import type { Model } from "./model.ts";
import type { Policy } from "./policy.ts";
import { holds, type Projection, parseProjection, project } from "./projection.ts";
import { render } from "./render.ts";
import { isArray, quoted } from "./values.ts";

/** A query of a list (RFC 7644 §3.4.2), from a URL or from the body of a `.search`. */
export interface Query {
  readonly filter: string | undefined;
  readonly startIndex: number;
  readonly count: number | undefined;
  readonly projection: Projection;
}

export interface ReadParts {
  readonly directory: Directory;
  readonly model: Model;
  readonly baseUrl: string;
  readonly pageSize: number;
  readonly policy: Policy;
  /** Some service providers never give members back. */
  readonly returnMembers: boolean;
  /** What of a user is shown, where that is not all that is held. */
  readonly shown?: ((user: JsonObject) => JsonObject) | undefined;
}

const parameters = [
  "filter",
  "startIndex",
  "count",
  "attributes",
  "excludedAttributes",
  "sortBy",
  "sortOrder",
  "cursor",
];
const searchUrn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/** @throws Refusal */
export function parseUrlQuery(
  { model, policy }: Pick<ReadParts, "model" | "policy">,
  search: URLSearchParams,
  judge: Judge,
): Query {
  for (const name of search.keys()) {
    if (!parameters.includes(name) && !policy.parameters.includes(name))
      judge.note("feature-unsupported", `There is no parameter ${quoted(name)}.`);
    if (["sortBy", "cursor"].includes(name)) judge.note("feature-unsupported", `${name} is not supported.`);
  }
  const only = search.get("attributes")?.split(",");
  const without = search.get("excludedAttributes")?.split(",");
  return {
    filter: search.get("filter") ?? undefined,
    startIndex: Math.max(1, wholeNumber("startIndex", search.get("startIndex"), judge) ?? 1),
    count: wholeNumber("count", search.get("count"), judge),
    projection: parseProjection(model, only?.map(trim), without?.map(trim), judge),
  };
}

/** The body of a `.search` (RFC 7644 §3.4.3). @throws Refusal */
export function parseSearch(parts: Pick<ReadParts, "model" | "policy">, body: JsonObject, judge: Judge): Query {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    if (name === "schemas") continue;
    if (isArray(value)) given.set(name, value.join(","));
    else given.set(name, String(value));
  }
  if (!isArray(body["schemas"] ?? null) || !JSON.stringify(body["schemas"]).includes(searchUrn)) {
    judge.refuse("schemas-missing", `schemas of a search is [${searchUrn}].`, "invalidSyntax");
  }
  return parseUrlQuery(parts, given, judge);
}

/** The ListResponse. @throws Refusal for a filter that can't be understood */
export function list(parts: ReadParts, query: Query, judge: Judge): JsonObject {
  const { directory, model, pageSize } = parts;
  const matches = query.filter === undefined ? directory.list(model.type) : select(parts, query.filter, judge);
  const count = Math.min(pageSize, Math.max(0, query.count ?? pageSize));
  const page = matches.slice(query.startIndex - 1, query.startIndex - 1 + count);
  return {
    schemas: [listUrn],
    totalResults: matches.length,
    startIndex: query.startIndex,
    itemsPerPage: page.length,
    Resources: page.map((entry) => represent(parts, entry, query.projection)),
  };
}

/** One resource as an answer holds it. */
export function represent(parts: ReadParts, entry: Entry, projection: Projection): JsonObject {
  const { directory, model, baseUrl, returnMembers } = parts;
  const view = { baseUrl, members: returnMembers && holds(projection, "members"), groups: holds(projection, "groups") };
  const resource = render(entry, model, directory, view);
  return project(model.type === "User" && parts.shown ? parts.shown(resource) : resource, projection);
}

function select(parts: ReadParts, text: string, judge: Judge): readonly Entry[] {
  const { directory, model, baseUrl } = parts;
  let filter: CompiledFilter;
  try {
    filter = compileFilter(text, model);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    judge.refuse("query-filter", error.message, "invalidFilter");
  }
  if (parts.policy.filters === "ignored") return directory.list(model.type);
  if (parts.policy.filters === "eq" && !isPlain(parseFilter(text))) {
    judge.refuse("query-filter", "Only eq and and are supported.", "invalidFilter");
  }
  const { reads, test } = filter;
  const view = { baseUrl, members: reads.has("members"), groups: reads.has("groups") };
  return candidates(directory, model, filter).filter((entry) => test(render(entry, model, directory, view)));
}

function isPlain(filter: Filter): boolean {
  if (filter.kind === "and") return isPlain(filter.left) && isPlain(filter.right);
  return filter.kind === "compare" && filter.operator === "eq";
}

function candidates(directory: Directory, { type }: Model, { lookup }: CompiledFilter): readonly Entry[] {
  if (!lookup) return directory.list(type);
  const { attribute, value } = lookup;
  if (attribute === "id") return [directory.get(type, value) ?? []].flat();
  if (attribute === "members") return directory.groupsOf(value);
  return directory.lookUp(type, attribute, value);
}

function wholeNumber(name: string, text: string | null, judge: Judge): number | undefined {
  if (text === null) return undefined;
  // RFC 7644 is silent here; a number that can't be read is better refused than guessed.
  if (!/^-?\d{1,15}$/.test(text)) judge.refuse("query-paging", `${name} is no whole number.`, "invalidValue");
  const number = Number(text);
  if (number < (name === "count" ? 0 : 1)) judge.note("query-paging", `${name} is ${number}.`);
  return number;
}

function trim(text: string): string {
  return text.trim();
}
