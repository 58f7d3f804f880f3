import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { OrganisationUnit } from "../../store/store.ts";
import { invalidParameter, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { findSource } from "./sources.ts";

/** The departments of a source as a tree, a level at a time. */
export function makeOrganisation({ store }: AdminParts) {
  return new OpenAPIHono().openapi(listUnits, async (c) => {
    const { parent = null, q, ...rest } = c.req.valid("query");
    const { limit, cursor = null } = pageOf(rest);
    const source = await findSource(store, c.req.valid("param").id);
    const text = q?.trim() ?? "";
    if (text !== "") {
      if (parent !== null) throw invalidParameter("parent", "goes not with q, which looks everywhere");
      const found = await store.searchUnits({ sourceId: source.id, q: text, limit });
      return c.json({ items: found.map(toView), nextCursor: null }, 200);
    }
    const units = await store.listUnits({ sourceId: source.id, parent, after: cursor, limit: limit + 1 });
    const shown = units.slice(0, limit);
    return c.json(
      { items: shown.map(toView), nextCursor: units.length > limit ? (shown.at(-1)?.id ?? null) : null },
      200,
    );
  });
}

function toView({ id, sourceId: source, displayName, externalId, people, units }: OrganisationUnit) {
  return { id, source, displayName, externalId, people, units };
}

/** A department in the tree, as the management API says it. */
export const unitView = z
  .object({
    id: z.string(),
    source: z.string(),
    displayName: z.string(),
    externalId: z.string().nullable(),
    people: z.int().openapi({ description: "Who is in it directly." }),
    units: z.int().openapi({ description: "Groups directly below it." }),
  })
  .openapi("OrganisationUnit");

const listUnits = createRoute({
  method: "get",
  path: "/sources/{id}/organisation",
  operationId: "listOrganisation",
  summary:
    "Lists the departments of a source that are below one of them, or the topmost ones, in order of their names.",
  tags: ["People"],
  request: {
    params: z.object({ id: z.string().min(1).max(100).openapi({ description: "Id or name of the source." }) }),
    query: z.object({
      ...pageQuery,
      parent: z
        .string()
        .min(1)
        .max(64)
        .optional()
        .openapi({ description: "Id of the department above; left out: the top." }),
      q: z
        .string()
        .max(200)
        .optional()
        .openapi({ description: "A part of the name, wherever it is in the tree: the first ones." }),
    }),
  },
  responses: { 200: json("A page of departments", page(unitView)), ...refusals(400, 404) },
});
