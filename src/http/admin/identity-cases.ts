import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { ListedIdentityCase, SourceRow } from "../../store/store.ts";
import { ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import {
  idParams,
  invalidParameter,
  isoTime,
  isoTimeOrNull,
  json,
  optionalBody,
  page,
  pageOf,
  pageQuery,
  refusals,
} from "./common.ts";
import type { AdminParts } from "./parts.ts";

/** Whether people are the same under another key, or after an absence: which questions are open, and answering them. */
export function makeIdentityCases({ store, nudge }: AdminParts) {
  const findCase = async (id: string): Promise<ListedIdentityCase> => {
    const found = await store.findIdentityCase(id);
    if (found === null) throw new ProblemError(404, "not-found", "There is no such identity case.");
    return found;
  };

  const decide = async (id: string, state: "accepted" | "declined", by: string) => {
    const about = await findCase(id);
    if (about.kind === "exchange" && state === "accepted") throw new ProblemError(409, "conflict", exchanged);
    if (!(await store.decideIdentityCase(id, state, by))) {
      const { state: now } = await findCase(id);
      throw new ProblemError(409, "conflict", `The case is not open any more: it is ${now}.`);
    }
    const source = await store.findSource(about.sourceId);
    const task = source === null ? null : await syncNow(source, by);
    return { ...toView(await findCase(id)), syncTask: task };
  };

  /** Carries it out, unless the source does nothing: then that is for its next sync. */
  const syncNow = async ({ id, status, settings }: SourceRow, by: string): Promise<string | null> => {
    if (status === "disabled" || settings.leaving !== undefined) return null;
    const asked = { sourceId: id, targetId: null, trigger: "manual", mode: "apply" } as const;
    const { task } = await store.queueTask({ ...asked, requestedBy: by });
    nudge();
    return task.id;
  };

  return new OpenAPIHono()
    .openapi(listCases, async (c) => {
      const { source: named, state, kind, ...rest } = c.req.valid("query");
      const source = named === undefined ? null : await store.findSource(named);
      if (named !== undefined && source === null) throw invalidParameter("source", "there is no such source");
      const { items, nextCursor } = await store.listIdentityCases({
        ...pageOf(rest),
        ...(source !== null && { source: source.id }),
        ...(state !== undefined && { state }),
        ...(kind !== undefined && { kind }),
      });
      return c.json({ items: items.map(toView), nextCursor }, 200);
    })
    .openapi(readCase, async (c) => c.json(toView(await findCase(c.req.valid("param").id)), 200))
    .openapi(acceptCase, async (c) => c.json(await decide(c.req.valid("param").id, "accepted", callerOf(c).name), 200))
    .openapi(declineCase, async (c) =>
      c.json(await decide(c.req.valid("param").id, "declined", callerOf(c).name), 200),
    );
}

const exchanged =
  "People who have exchanged their names can't be followed: each name is in the other's way, here and at every target. Decline the case to have each account go by its name, or give one of them another name in the source first.";

function toView(about: ListedIdentityCase): z.output<typeof caseView> {
  const { id, kind, state, resourceId, otherId, from, to, evidence, task, decidedBy, externalId, displayName } = about;
  return {
    ...{ id, source: about.sourceId, kind, state, resourceId, externalId, displayName, otherId },
    ...{ from, to, evidence: [...evidence], told: about.isTold, carriedOut: about.isDone, task },
    ...{ askedAt: isoTime(about.askedAt), expiresAt: isoTimeOrNull(about.expiresAt) },
    ...{ decidedAt: isoTimeOrNull(about.decidedAt), decidedBy },
  };
}

const stateField = z.enum(["open", "accepted", "declined", "expired", "withdrawn"]).openapi({
  description:
    "accepted: the same person; declined: another one; expired: nobody answered in time, so that it goes by names; withdrawn: " +
    "what it was about is not so any more.",
});
const kindField = z.enum(["rename", "exchange", "return"]).openapi({
  description:
    "rename: one is gone, and another has come who may be the same; exchange: people here have exchanged their names; return: " +
    "somebody is back, and everything else about him is different.",
});

/** Whether two are one, as the management API says it. */
export const caseView = z
  .object({
    id: z.string(),
    source: z.string(),
    kind: kindField,
    state: stateField,
    resourceId: z.string().openapi({ description: "The person who was here first." }),
    externalId: z.string().nullable(),
    displayName: z.string().nullable(),
    otherId: z.string().nullable().openapi({
      description: "A person who is here under the new name already; accepted, that one departs as made by mistake.",
    }),
    from: z.string().openapi({ description: "What the source called him, in lower case." }),
    to: z.string().openapi({ description: "What it calls whom it is about now; the same where somebody is back." }),
    evidence: z.array(z.string()).openapi({
      description: "Names of the fields that agree; of a return, of what differs. No values.",
    }),
    told: z.boolean().openapi({ description: "An event of the source said that they are one." }),
    carriedOut: z.boolean().openapi({ description: "The directory is as it was decided." }),
    task: z.string().openapi({ description: "The task that asked, or followed it." }),
    askedAt: z.string().openapi({ format: "date-time" }),
    expiresAt: z.string().nullable().openapi({
      format: "date-time",
      description: "When an open case goes by names without an answer; null: it waits.",
    }),
    decidedAt: z.string().nullable().openapi({ format: "date-time" }),
    decidedBy: z.string().nullable(),
  })
  .openapi("IdentityCase");

const decided = caseView
  .extend({
    syncTask: z.string().nullable().openapi({
      description: "The sync that carries it out; null: the source is disabled, and its next sync does.",
    }),
  })
  .openapi("DecidedIdentityCase");

const tags = ["Identities"];
const nothing = optionalBody(z.strictObject({}));

const listCases = createRoute({
  method: "get",
  path: "/identity-cases",
  operationId: "listIdentityCases",
  summary:
    "Lists whether people are the same under another name or after an absence: asked, answered and followed, newest first.",
  tags,
  request: {
    query: z.object({
      ...pageQuery,
      source: z.string().min(1).max(100).optional().openapi({ description: "Id or name of a source." }),
      state: stateField.optional(),
      kind: kindField.optional(),
    }),
  },
  responses: { 200: json("A page of them", page(caseView)), ...refusals(400) },
});

const readCase = createRoute({
  method: "get",
  path: "/identity-cases/{id}",
  operationId: "readIdentityCase",
  summary: "Reads one identity case.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The case", caseView), ...refusals(404) },
});

const acceptCase = createRoute({
  method: "post",
  path: "/identity-cases/{id}/accept",
  operationId: "acceptIdentityCase",
  summary: "Says that it is the same person: he keeps his id and his accounts. A sync carries it out at once.",
  tags,
  request: { params: idParams, body: nothing },
  responses: { 200: json("The case", decided), ...refusals(400, 404, 409) },
});

const declineCase = createRoute({
  method: "post",
  path: "/identity-cases/{id}/decline",
  operationId: "declineIdentityCase",
  summary: "Says that it is another person: one leaves, and a new one is made. A sync carries it out at once.",
  tags,
  request: { params: idParams, body: nothing },
  responses: { 200: json("The case", decided), ...refusals(400, 404, 409) },
});
