import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { isoTime, json, numberedPageQuery, page, pageOf, refusals } from "./common.ts";
import { present } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { timeParameter } from "./record-query.ts";

/** Who did what with this API. */
export function makeAudit({ store }: AdminParts) {
  return new OpenAPIHono().openapi(listAudit, async (c) => {
    const { from, to, limit, cursor, ...rest } = present(c.req.valid("query"));
    const { items, nextCursor } = await store.listAudit({
      ...rest,
      ...pageOf({ limit, cursor }),
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(to !== undefined && { to: Date.parse(to) }),
    });
    return c.json({ items: items.map((item) => ({ ...item, at: isoTime(item.at) })), nextCursor }, 200);
  });
}

const text = (maxLength: number) => z.string().min(1).max(maxLength).optional();

const auditQuery = z.object({
  ...numberedPageQuery,
  administrator: text(100).openapi({ description: "A name, also of somebody who was deleted." }),
  action: text(200).openapi({ description: "Part of the action: `approve`, or `PATCH /api/v1/sources/{id}`." }),
  from: timeParameter.openapi({ description: "From this time on." }),
  to: timeParameter.openapi({ description: "Before this time." }),
});

/** A line of the audit log. */
export const auditView = z
  .object({
    id: z.string(),
    at: z.string().openapi({ format: "date-time" }),
    administrator: z.string().nullable().openapi({
      description: "The name that he had; null: somebody who tried to sign in, and is not known here.",
    }),
    role: z.enum(["administrator", "auditor"]).nullable(),
    action: z.string().openapi({ description: "Method and route." }),
    subject: z
      .object({ kind: z.string(), id: z.string().nullable(), name: z.string().nullable() })
      .nullable()
      .openapi({ description: "What it was done to, as it was called then. People have an id here, and no name." }),
    status: z.int().nullable().openapi({
      description: "HTTP status of the answer; null: it is not answered yet, or the server ended before it was.",
    }),
    fields: z.array(z.string()).readonly().openapi({
      description: "JSON Pointers of the fields that the body had; never what was in them.",
    }),
    address: z.string().nullable().openapi({ description: "Whence it came: of a proxy, where there is one." }),
  })
  .openapi("AuditRecord");

const listAudit = createRoute({
  method: "get",
  path: "/audit",
  operationId: "listAudit",
  summary: "Lists what administrators did, newest first: each request that is not a read, and each sign-in.",
  description: "Kept as long as the records of sync tasks (`recordRetentionDays`).",
  tags: ["Administrators"],
  request: { query: auditQuery },
  responses: { 200: json("A page of records", page(auditView)), ...refusals(400) },
});
