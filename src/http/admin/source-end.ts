import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { idParams, json, refusals } from "./common.ts";
import { lookAhead } from "./confirm-end.ts";
import type { AdminParts } from "./parts.ts";
import { findSource } from "./sources.ts";
import { resourceTypeField } from "./task-schemas.ts";

/** Shows what the end of a source would take away, before it is ordered. */
export function makeSourceEnd(parts: AdminParts) {
  return new OpenAPIHono().openapi(readSourceEnd, async (c) => {
    const source = await findSource(parts.store, c.req.valid("param").id);
    return c.json(await lookAhead(parts, source, c.req.valid("query"), c.req.raw.signal), 200);
  });
}

const counts = {
  users: z.object({ deactivated: z.int(), deleted: z.int(), protected: z.int(), paused: z.int() }),
  groups: z.object({ deleted: z.int(), protected: z.int() }),
  memberships: z.int().openapi({ description: "That would be taken away." }),
};

const people = z.enum(
  ["keep", "deactivate", "delete"],
  "has to say what becomes of the people: keep, deactivate or delete",
);
const afterwards = z.enum(["disable", "delete"]).default("delete");

const endPreview = z
  .object({
    source: z.string(),
    people,
    afterwards: z.enum(["disable", "delete"]),
    directory: z.object(counts),
    targets: z.array(z.object({ target: z.string(), name: z.string(), status: z.string(), ...counts })).readonly(),
    examples: z
      .array(
        z.object({
          target: z.string().nullable().openapi({ description: "Null is the bridge's own directory." }),
          resourceType: resourceTypeField,
          resourceId: z.string(),
          externalId: z.string().nullable(),
          displayName: z.string().nullable(),
          action: z.enum(["deactivate", "delete", "keep"]),
          because: z.string().nullable(),
        }),
      )
      .readonly(),
    confirm: z.string().nullable().openapi({
      description:
        "To be said with the call that ends the source; null where nothing is lost, and nothing need be said.",
    }),
  })
  .openapi("SourceEndPreview");

const readSourceEnd = createRoute({
  method: "get",
  path: "/sources/{id}/end",
  operationId: "previewSourceEnd",
  summary: "Says what the end of a source would take away, and where. Writes nothing, and asks no target.",
  tags: ["Identity sources"],
  request: { params: idParams, query: z.object({ people, afterwards }) },
  responses: { 200: json("What would be lost", endPreview), ...refusals(400, 404, 409) },
});
