import { z } from "zod";
import { isJsonObject, type Json } from "../../lib/json.ts";
import { safeParse } from "../../lib/safe-parse.ts";
import type { Filter } from "../../scim/filter.ts";
import { checkMessageSchema } from "../../scim/message-schema.ts";
import { searchRequestSchema } from "../../scim/messages.ts";
import { parseFilter } from "../../scim/parse-filter.ts";
import type { ProjectionRequest } from "../../scim/project.ts";
import { ScimError } from "../../scim/scim-error.ts";
import { parseJson } from "../../scim/write/json-body.ts";
import type { QueryParameters } from "./query-parameters.ts";

/** How many resources a page holds when the request does not say, and at most. */
export const pageSizes = { standard: 100, max: 1000 } as const;

/** A query as RFC 7644 §3.4.2 and RFC 9865 have it. */
export interface SearchQuery extends ProjectionRequest {
  readonly filter: Filter | null;
  /** The same as it was written. */
  readonly filterText: string | null;
  /** 1 or more. */
  readonly startIndex: number;
  /** 0 to `pageSizes.max`. */
  readonly count: number;
  readonly sortBy: string | null;
  readonly isDescending: boolean;
  /** Empty for the first page; null where pages are asked for by index. */
  readonly cursor: string | null;
}

/** @throws {ScimError} 400 invalidFilter, invalidValue, invalidCount */
export function parseSearchQuery(parameters: QueryParameters): SearchQuery {
  const cursor = parameters.first("cursor");
  const wrongCount = cursor === null ? "invalidValue" : "invalidCount";
  const startIndex = parseInteger("startIndex", parameters.first("startIndex"), "invalidValue");
  const count = parseInteger("count", parameters.first("count"), wrongCount);
  if (cursor !== null) checkWithCursor(startIndex);
  const filterText = parameters.first("filter");
  const sortBy = parameters.first("sortBy")?.trim() || null;
  // Written out: spreading objects into one costs more than parsing the parameters.
  return {
    attributes: listOf(parameters.all("attributes")),
    excludedAttributes: listOf(parameters.all("excludedAttributes")),
    filter: filterText === null ? null : parseFilter(filterText),
    filterText,
    startIndex: clampStart(startIndex),
    count: clampCount(count),
    sortBy,
    isDescending: isDescending(parameters.first("sortOrder")) && sortBy !== null,
    cursor,
  };
}

/** `attributes` and `excludedAttributes`, separated by commas; the parameters may also be repeated. */
export function parseProjectionQuery(parameters: QueryParameters): ProjectionRequest {
  return {
    attributes: listOf(parameters.all("attributes")),
    excludedAttributes: listOf(parameters.all("excludedAttributes")),
  };
}

/** RFC 7644 §3.4.2.3; without `sortBy` there is nothing that it could order. */
function isDescending(sortOrder: string | null): boolean {
  const order = sortOrder?.trim().toLowerCase() ?? "";
  if (order === "" || order === "ascending") return false;
  if (order === "descending") return true;
  throw new ScimError(400, "invalidValue", "sortOrder has to be ascending or descending");
}

/**
 * The body of `.search` (RFC 7644 §3.4.3).
 *
 * @throws {ScimError} 400 invalidSyntax for what is no JSON object or no SearchRequest, invalidFilter, invalidValue
 */
export function parseSearchRequest(text: string): SearchQuery {
  const message = withKnownCase(parseJson(text) as Json);
  if (isJsonObject(message)) checkMessageSchema(message["schemas"], searchRequestSchema);
  const body = safeParse(searchForm, message);
  if (!body.success) {
    const fields = body.error.issues.map(({ path }) => path.join(".")).filter((path) => path !== "");
    throw new ScimError(
      400,
      "invalidSyntax",
      `This is no SearchRequest: ${fields.join(", ") || "a JSON object is expected"}`,
    );
  }
  const { filter, startIndex, count, attributes, excludedAttributes, sortOrder, cursor } = body.data;
  const sortBy = body.data.sortBy?.trim() || null;
  if (cursor != null) checkWithCursor(startIndex ?? null);
  return {
    attributes: listOf(attributes ?? []),
    excludedAttributes: listOf(excludedAttributes ?? []),
    filter: filter == null ? null : parseFilter(filter),
    filterText: filter ?? null,
    startIndex: clampStart(startIndex ?? null),
    count: clampCount(count ?? null),
    sortBy,
    isDescending: isDescending(sortOrder ?? null) && sortBy !== null,
    cursor: cursor ?? null,
  };
}

const searchForm = z.object({
  schemas: z.array(z.string()),
  filter: z.string().nullish(),
  startIndex: z.int().nullish(),
  count: z.int().nullish(),
  attributes: z.array(z.string()).nullish(),
  excludedAttributes: z.array(z.string()).nullish(),
  sortBy: z.string().nullish(),
  sortOrder: z.string().nullish(),
  cursor: z.string().nullish(),
});

const searchFields = new Map(Object.keys(searchForm.shape).map((name) => [name.toLowerCase(), name]));

/** RFC 7643 §2.1: attribute names are compared without regard to case, those of messages too. */
function withKnownCase(body: Json): Json {
  if (!isJsonObject(body)) return body;
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => {
      const known = searchFields.get(name.toLowerCase());
      return known === undefined ? [] : [[known, value] as const];
    }),
  );
}

function listOf(texts: readonly string[]): readonly string[] {
  if (texts.length === 0) return texts;
  return texts
    .flatMap((text) => text.split(","))
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

// RFC 7644 is silent on what is no integer; ignoring it would answer another question than the one asked.
function parseInteger(name: string, text: string | null, scimType: "invalidValue" | "invalidCount"): number | null {
  if (text === null || text.trim() === "") return null;
  if (!/^[+-]?\d+$/.test(text.trim())) throw new ScimError(400, scimType, `${name} has to be an integer`);
  return Number(text);
}

/** RFC 9865 §2: `startIndex` asks for the other method; some clients send its default with everything. */
function checkWithCursor(startIndex: number | null): void {
  if (startIndex !== null && startIndex > 1) {
    throw new ScimError(
      400,
      "invalidValue",
      "startIndex and cursor exclude each other: pages are asked for by one of them",
    );
  }
}

/** RFC 7644 §3.4.2.4: below 1 is 1. */
function clampStart(value: number | null): number {
  return Math.min(Math.max(value ?? 1, 1), 2_147_483_647);
}

/** RFC 7644 §3.4.2.4: below 0 is 0; a server may answer fewer than asked for. */
function clampCount(value: number | null): number {
  return Math.min(Math.max(value ?? pageSizes.standard, 0), pageSizes.max);
}
