import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { foldCase } from "../../lib/fold.ts";
import type { Consent } from "../../store/store.ts";
import { consentUrl } from "../consent/address.ts";
import { invitations } from "../consent/invitation.ts";
import { ProblemError } from "../problem.ts";
import { idParams, isoTime, isoTimeOrNull, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { findSource } from "./sources.ts";

/** Who has agreed that fields of his are seen, what to send to those who have not, and erasing what one has given. */
export function makeConsents(parts: AdminParts) {
  const { store, publicUrl } = parts;
  const find = async (id: string) => {
    const source = await findSource(store, id);
    if (source.type === "wecom") return source;
    throw new ProblemError(409, "conflict", `"${source.name}" is a custom source: people are written to it.`);
  };

  return new OpenAPIHono()
    .openapi(readConsent, async (c) => {
      const source = await find(c.req.valid("param").id);
      const [counts, { users }] = await Promise.all([store.countConsents(source.id), store.sourceSummary(source.id)]);
      const url = consentUrl(publicUrl, source.id);
      const address = await parts.consentAddress(source);
      const texts = address === null ? null : invitations(source.settings.organization ?? source.name, url);
      return c.json({ ...counts, people: users, url, authorizeUrl: address, messages: texts }, 200);
    })
    .openapi(listConsents, async (c) => {
      const source = await find(c.req.valid("param").id);
      const { state, ...rest } = c.req.valid("query");
      const query = { ...pageOf(rest), ...(state !== undefined && { state }) };
      const { items, nextCursor } = await store.listConsents(source.id, query);
      return c.json({ items: items.map(toView), nextCursor }, 200);
    })
    .openapi(eraseConsent, async (c) => {
      const { id, userid } = c.req.valid("param");
      const source = await find(id);
      if ((await store.withdrawConsent(source.id, foldCase(userid))) === null) {
        throw new ProblemError(404, "not-found", "Nothing is stored of what this person gave by consent.");
      }
      parts.nudge();
      return c.body(null, 204);
    });
}

function toView({ userid, state, fields, agreedAt, refreshedAt, withdrawnAt }: Consent): z.output<typeof consentView> {
  return {
    ...{ userid, state, fields },
    ...{ agreedAt: isoTime(agreedAt), refreshedAt: isoTime(refreshedAt), withdrawnAt: isoTimeOrNull(withdrawnAt) },
  };
}

const state = z.enum(["agreed", "withdrawn"]);

/** What one person has given. */
export const consentView = z
  .object({
    userid: z.string(),
    state,
    fields: z.array(z.string()).readonly().openapi({
      description: "Names of the fields that are given, of a withdrawn consent those that were; never their values.",
    }),
    agreedAt: z.string().openapi({ format: "date-time" }),
    refreshedAt: z.string().openapi({ format: "date-time", description: "When the values came last." }),
    withdrawnAt: z.string().nullable().openapi({ format: "date-time" }),
  })
  .openapi("Consent");

/** How many have, and what to send to the others. */
export const consentSummary = z
  .object({
    agreed: z.int(),
    withdrawn: z.int(),
    people: z.int().openapi({ description: "Of the source in the directory." }),
    url: z.string().openapi({ description: "The page to send people to; it works inside WeCom." }),
    authorizeUrl: z.string().nullable().openapi({
      description:
        "WeCom's own page, which leads to ours: to see that the trusted domain is right. Null: the source has no AgentId.",
    }),
    messages: z.object({ zh: z.string(), en: z.string() }).nullable().openapi({ description: "Texts to send." }),
  })
  .openapi("ConsentSummary");

const tags = ["Identity sources"];

const readConsent = createRoute({
  method: "get",
  path: "/sources/{id}/consent",
  operationId: "readConsent",
  summary: "Says how many agreed that their fields are seen, and what to send to the others.",
  tags,
  request: { params: idParams },
  responses: { 200: json("How many, and the link", consentSummary), ...refusals(404, 409) },
});

const listConsents = createRoute({
  method: "get",
  path: "/sources/{id}/consents",
  operationId: "listConsents",
  summary: "Lists who agreed that which of his fields are seen, and when. No values.",
  tags,
  request: { params: idParams, query: z.object({ ...pageQuery, state: state.optional() }) },
  responses: { 200: json("A page of them", page(consentView)), ...refusals(400, 404, 409) },
});

const eraseConsent = createRoute({
  method: "delete",
  path: "/sources/{id}/consents/{userid}",
  operationId: "eraseConsent",
  summary: "Erases what one person gave by consent, and takes it away from the targets.",
  tags,
  request: {
    params: idParams.extend({
      userid: z.string().min(1).max(64).openapi({ description: "The userid, in any case." }),
    }),
  },
  responses: { 204: { description: "Erased" }, ...refusals(404, 409) },
});
