import { z } from "@hono/zod-openapi";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { safeParse } from "../../lib/safe-parse.ts";
import { invalid, ProblemError, toProblemItems } from "../problem.ts";

// What routes are put together from, so that each says only what is its own.

export const pageQuery = {
  limit: z.coerce.number().pipe(z.int().min(1).max(500)).optional().openapi({
    type: "integer",
    minimum: 1,
    maximum: 500,
    description: "At most so many; 100 if not said.",
  }),
  cursor: z.string().min(1).max(500).optional().openapi({ description: "`nextCursor` of the page before." }),
};

/** The same of records, which are numbered: anything else never was a cursor. */
export const numberedPageQuery = {
  ...pageQuery,
  cursor: pageQuery.cursor.pipe(
    z
      .string()
      .regex(/^\d{1,15}$/, "does not lead anywhere")
      .optional(),
  ),
};

const defaultLimit = 100;

/** `limit` and `cursor` as the store takes them. */
export function pageOf(query: { readonly limit?: number | undefined; readonly cursor?: string | undefined }): {
  readonly limit: number;
  readonly cursor?: string;
} {
  return { limit: query.limit ?? defaultLimit, ...(query.cursor !== undefined && { cursor: query.cursor }) };
}

/** A page of a list that is short enough to be read whole. The cursor is the id of the last item shown. */
export function cutPage<T extends { readonly id: string }>(
  items: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const at = cursor === undefined ? -1 : items.findIndex((item) => item.id === cursor);
  if (cursor !== undefined && at === -1) {
    throw invalidParameter("cursor", "does not lead anywhere (any more): start again without it");
  }
  const page = items.slice(at + 1, at + 1 + limit);
  const more = at + 1 + limit < items.length;
  return { items: page, nextCursor: more ? (page.at(-1)?.id ?? null) : null };
}

export function invalidParameter(parameter: string, detail: string): ProblemError {
  return new ProblemError(400, "invalid-request", `${parameter}: ${detail}`, [{ parameter, detail }]);
}

export const idParams = z.object({
  id: z.string().min(1).max(100).openapi({ description: "The id or the name." }),
});

/** Of a person or a group, who have no name of their own in paths. */
export const resourceParams = z.object({
  id: z
    .string()
    .min(1)
    .max(300)
    .regex(/^\P{Cc}*$/u, "must not hold control characters")
    .openapi({ description: "The id, the userName or the externalId." }),
});

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    preview: z.unknown().optional().openapi({ description: "Of the end of a source that was not confirmed." }),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional(),
          parameter: z.string().optional(),
          detail: z.string(),
          line: z.int().optional().openapi({ description: "Of a body that is a file, or no JSON." }),
          column: z.int().optional(),
        }),
      )
      .optional(),
  })
  .openapi("Problem", { description: "RFC 9457" });

/** A JSON body of an answer. */
export function json<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { "application/json": { schema } } };
}

/** A JSON body of a request. */
export function body<S extends z.ZodType>(schema: S) {
  return { required: true, content: { "application/json": { schema } } };
}

/** A merge patch is judged by what it makes of the thing it is for, so here it is any object. */
export function mergePatchForm(name: string, description: string) {
  return z
    .custom<JsonObject>(isJsonObject, "has to be a JSON object")
    .openapi(name, { type: "object", description: `JSON Merge Patch (RFC 7396): null clears. ${description}` });
}

/**
 * What a merge patch made, parsed.
 *
 * @throws ProblemError 400 with a pointer for each thing that is wrong
 */
export function parseForm<S extends z.ZodType>(form: S, value: unknown): z.output<S> {
  const parsed = safeParse(form, value);
  if (!parsed.success) throw invalid(toProblemItems(parsed.error.issues, "json"));
  return parsed.data;
}

/** A body that may be left out. */
export function optionalBody<S extends z.ZodType>(schema: S) {
  return { required: false, content: { "application/json": { schema } } };
}

/** Answers of an operation that is refused, by status. */
export function refusals<S extends 400 | 404 | 409 | 429 | 502>(...statuses: readonly S[]) {
  const say = {
    400: "Not of the expected form",
    404: "Not found",
    409: "Collides",
    429: "Busy: Retry-After says when to ask again",
    502: "The other side failed",
  };
  const every = [...statuses, 401 as const, 403 as const, 413 as const];
  const said = {
    ...say,
    401: "No valid token or session",
    403: "Not allowed to this account, or sent by another site",
    413: "Body too large",
  };
  return Object.fromEntries(
    every.map((status) => [
      status,
      { description: said[status], content: { "application/problem+json": { schema: problemSchema } } },
    ]),
  ) as Record<never, never>;
}

export function page<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item).readonly(), nextCursor: z.string().nullable() });
}

export const isoTime = (time: number): string => new Date(time).toISOString();
export const isoTimeOrNull = (time: number | null): string | null => (time === null ? null : isoTime(time));
