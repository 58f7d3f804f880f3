import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { JsonObject } from "../../lib/json.ts";
import { withSchemas } from "../../scim/document.ts";
import type { ResourceRow, TargetRow } from "../../store/store.ts";
import { invalid, notFound, ProblemError } from "../problem.ts";
import { body, idParams, json, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { judgeRules, mappingField } from "./target-mapping.ts";
import { findTarget } from "./targets.ts";

/** What a target's rules make of a resource, or what others would. */
export function makeTargetPreview(parts: Pick<AdminParts, "store" | "catalog">) {
  const { store, catalog } = parts;

  return new OpenAPIHono().openapi(previewTarget, async (c) => {
    const target = await findTarget(store, c.req.valid("param").id);
    const { resource: id, mapping } = c.req.valid("json");
    const { type, document: text } = await findResource(store, target, id);
    const document = JSON.parse(text) as JsonObject;
    const judged = judgeRules(mapping ?? target.settings.mapping ?? {}, catalog());
    if ("problems" in judged) {
      if (mapping !== undefined) throw invalid(judged.problems);
      const detail = `The rules of the target "${target.name}" do not fit the schemas in force (any more).`;
      throw new ProblemError(409, "conflict", detail, judged.problems);
    }
    const { adjustUser, adjustGroup } = judged.rules;
    const adjusted = type === "User" ? adjustUser(document) : adjustGroup(document);
    return c.json({ document, adjusted: withSchemas(type, adjusted) }, 200);
  });
}

/** @throws ProblemError 404 also for what the target never gets, because its source does not go there */
async function findResource(store: AdminParts["store"], { settings }: TargetRow, id: string): Promise<ResourceRow> {
  for (const type of ["User", "Group"] as const) {
    const row = await store.readResource(type, id, settings.sources);
    if (row !== null) return row;
  }
  throw notFound("resource", id);
}

const scimDocument = z.custom<JsonObject>().openapi({ type: "object", description: "Attributes of a SCIM resource." });

const previewTarget = createRoute({
  method: "post",
  path: "/targets/{id}/preview",
  operationId: "previewTarget",
  summary: "Shows what the target's rules, or rules that are not saved yet, make of a resource.",
  description:
    "`adjusted` is `document` by the rules, before what the target's profile leaves out or writes otherwise. " +
    "Nothing is sent or stored. 409 when the stored rules do not fit the schemas in force.",
  tags: ["Targets"],
  request: {
    params: idParams,
    body: body(
      z.strictObject({
        resource: z
          .string()
          .min(1)
          .max(100)
          .openapi({ description: "The id of a User or a Group of one of the target's sources." }),
        mapping: mappingField.optional(),
      }),
    ),
  },
  responses: {
    200: json(
      "The resource in our directory, and as the rules make it",
      z.object({ document: scimDocument, adjusted: scimDocument }),
    ),
    ...refusals(400, 404, 409),
  },
});
