import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { eventTypes, type WebhookRow } from "../../store/store.ts";
import { noteAttempt, sendDelivery } from "../../sync/webhooks/deliver.ts";
import { makeWebhookSecret } from "../../sync/webhooks/sign.ts";
import { invalid, nameTaken, notFound } from "../problem.ts";
import {
  body,
  cutPage,
  idParams,
  isoTime,
  isoTimeOrNull,
  json,
  mergePatchForm,
  page,
  pageOf,
  pageQuery,
  parseForm,
  refusals,
} from "./common.ts";
import { nameField, readOnlyField, statusField, urlField } from "./fields.ts";
import { mergePatch } from "./merge-patch.ts";
import type { AdminParts } from "./parts.ts";
import { makeSerially } from "./serially.ts";
import { testResult } from "./test-schemas.ts";

/** How long both secrets sign after a rotation. */
const bothSecretsMs = 86_400_000;

/** Who is told of events, by the Standard Webhooks specification. A secret is shown once, when it is made. */
export function makeWebhooks({ store, clock, publicUrl, allowUrl, sendWebhook }: AdminParts) {
  const serially = makeSerially();

  return new OpenAPIHono()
    .openapi(createWebhook, async (c) => {
      const { name, url, events, status } = judge(c.req.valid("json"));
      const secret = makeWebhookSecret();
      const row = await serially(async () => {
        if ((await store.findWebhook(name)) !== null) throw nameTaken("webhook", name);
        return store.createWebhook({ name, url, events, status, secrets: { current: secret } });
      });
      c.header("Location", `${publicUrl}/api/v1/webhooks/${row.id}`);
      return c.json({ ...toView(row, clock()), secret }, 201);
    })
    .openapi(listWebhooks, async (c) => {
      const { items, nextCursor } = cutPage(await store.listWebhooks(), pageOf(c.req.valid("query")));
      return c.json({ items: items.map((row) => toView(row, clock())), nextCursor }, 200);
    })
    .openapi(readWebhook, async (c) => c.json(toView(await find(c.req.valid("param").id), clock()), 200))
    .openapi(patchWebhook, async (c) => {
      const row = await serially(async () => {
        const before = await find(c.req.valid("param").id);
        const { name, url, events, status } = before;
        const form = judge(parseForm(webhookForm, mergePatch({ name, url, events, status }, c.req.valid("json"))));
        const other = form.name === name ? null : await store.findWebhook(form.name);
        if (other !== null && other.id !== before.id) throw nameTaken("webhook", form.name);
        // Enabling it forgets why it was disabled; what an administrator disables needs no reason.
        const changed = form.status === status ? {} : { status: form.status, disabledBecause: null };
        return store.updateWebhook(before.id, { name: form.name, url: form.url, events: form.events, ...changed });
      });
      return c.json(toView(row, clock()), 200);
    })
    .openapi(deleteWebhook, async (c) => {
      await store.deleteWebhook((await find(c.req.valid("param").id)).id);
      return c.body(null, 204);
    })
    .openapi(rotateSecret, async (c) => {
      const secret = makeWebhookSecret();
      const row = await serially(async () => {
        const { id, secrets } = await find(c.req.valid("param").id);
        const previousUntil = clock() + bothSecretsMs;
        return store.updateWebhook(id, { secrets: { current: secret, previous: secrets.current, previousUntil } });
      });
      return c.json({ ...toView(row, clock()), secret }, 200);
    })
    .openapi(testWebhook, async (c) => {
      const webhook = await find(c.req.valid("param").id);
      const delivery = await store.addTestDelivery(webhook.id);
      const attempt = await sendDelivery(sendWebhook, webhook, delivery, clock(), c.req.raw.signal);
      const note = noteAttempt(attempt, 0, clock(), 0);
      // A test is not tried again: whoever asked looks at what came of it.
      const state = note.state === "delivered" ? "delivered" : "failed";
      await store.noteDelivery(delivery.id, { ...note, state, nextTryAt: null });
      const ok = attempt.outcome === "delivered";
      const detail = attempt.error ?? `it answered ${attempt.status}`;
      return c.json({ ok, checks: [{ name: "delivery", ok, detail }] }, 200);
    })
    .openapi(listDeliveries, async (c) => {
      const { id } = await find(c.req.valid("param").id);
      const { state, ...paged } = c.req.valid("query");
      const query = { ...pageOf(paged), ...(state !== undefined && { state }) };
      const { items, nextCursor } = await store.listDeliveries(id, query);
      const shown = items.map((each) => ({
        ...each,
        nextTryAt: isoTimeOrNull(each.nextTryAt),
        createdAt: isoTime(each.createdAt),
        deliveredAt: isoTimeOrNull(each.deliveredAt),
      }));
      return c.json({ items: shown, nextCursor }, 200);
    });

  async function find(idOrName: string): Promise<WebhookRow> {
    const row = await store.findWebhook(idOrName);
    if (row === null) throw notFound("webhook", idOrName);
    return row;
  }

  /** @throws ProblemError 400 for an address that this bridge may not call */
  function judge(form: WebhookForm): WebhookForm {
    const refusal = allowUrl?.(form.url) ?? null;
    if (refusal !== null) throw invalid([{ pointer: "/url", detail: refusal }]);
    return form;
  }
}

function toView(row: WebhookRow, now: number): z.output<typeof webhookView> {
  const { id, name, url, events, status, disabledBecause, secrets, createdAt, updatedAt } = row;
  const { previousUntil = 0 } = secrets;
  return {
    ...{ id, name, url, events, status, disabledBecause },
    previousSecretUntil: previousUntil > now ? isoTime(previousUntil) : null,
    ...{ createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) },
  };
}

const eventField = z.enum(eventTypes);

/** A webhook as an administrator writes it. */
export const webhookForm = z
  .strictObject({
    name: nameField,
    url: urlField,
    events: z
      .array(eventField)
      .min(1, `has to name at least one of ${eventTypes.join(", ")}`)
      .max(eventTypes.length)
      .readonly(),
    status: statusField.default("enabled"),
    id: readOnlyField,
    disabledBecause: readOnlyField,
    previousSecretUntil: readOnlyField,
    createdAt: readOnlyField,
    updatedAt: readOnlyField,
  })
  .openapi("WebhookForm");

type WebhookForm = z.output<typeof webhookForm>;

/** A webhook as the API shows it. */
export const webhookView = z
  .object({
    id: z.string(),
    name: z.string(),
    url: z.string(),
    events: z.array(eventField).readonly(),
    status: statusField,
    disabledBecause: z.string().nullable().openapi({ description: "Why the bridge itself disabled it." }),
    previousSecretUntil: z
      .string()
      .nullable()
      .openapi({ format: "date-time", description: "Until then the secret before the last rotation signs too." }),
    createdAt: z.string().openapi({ format: "date-time" }),
    updatedAt: z.string().openapi({ format: "date-time" }),
  })
  .openapi("Webhook");

const withSecret = webhookView
  .extend({ secret: z.string().openapi({ description: "Shown this once: `whsec_…`, which signs every message." }) })
  .openapi("WebhookWithSecret");

const deliveryState = z.enum(["pending", "delivered", "failed"]);

/** What was sent to a webhook, or is on its way. */
export const deliveryView = z
  .object({
    id: z.string().openapi({ description: "`webhook-id`, the same in each attempt." }),
    event: z.enum([...eventTypes, "webhook.test"]),
    state: deliveryState,
    attempts: z.int(),
    nextTryAt: z.string().nullable().openapi({ format: "date-time" }),
    lastStatus: z.int().nullable().openapi({ description: "HTTP status of the last answer; null: there was none." }),
    lastError: z.string().nullable(),
    createdAt: z.string().openapi({ format: "date-time" }),
    deliveredAt: z.string().nullable().openapi({ format: "date-time" }),
  })
  .openapi("WebhookDelivery");

const tags = ["Webhooks"];
const one = { params: idParams };

const createWebhook = createRoute({
  method: "post",
  path: "/webhooks",
  operationId: "createWebhook",
  summary: "Makes a webhook and its secret.",
  description:
    "Messages are of the form of Standard Webhooks 1.0.0: a POST with `webhook-id`, `webhook-timestamp`, `webhook-signature`.",
  tags,
  request: { body: body(webhookForm) },
  responses: { 201: json("The webhook, with its secret", withSecret), ...refusals(400, 409) },
});

const listWebhooks = createRoute({
  method: "get",
  path: "/webhooks",
  operationId: "listWebhooks",
  summary: "Lists the webhooks.",
  tags,
  request: { query: z.object(pageQuery) },
  responses: { 200: json("A page of webhooks", page(webhookView)), ...refusals(400) },
});

const readWebhook = createRoute({
  method: "get",
  path: "/webhooks/{id}",
  operationId: "readWebhook",
  summary: "Reads a webhook.",
  tags,
  request: one,
  responses: { 200: json("The webhook", webhookView), ...refusals(404) },
});

const patchWebhook = createRoute({
  method: "patch",
  path: "/webhooks/{id}",
  operationId: "patchWebhook",
  summary: "Changes a webhook. What waits for one that is disabled is given up.",
  tags,
  request: { ...one, body: body(mergePatchForm("WebhookPatch", "Members as in WebhookForm.")) },
  responses: { 200: json("The webhook", webhookView), ...refusals(400, 404, 409) },
});

const deleteWebhook = createRoute({
  method: "delete",
  path: "/webhooks/{id}",
  operationId: "deleteWebhook",
  summary: "Deletes a webhook.",
  tags,
  request: one,
  responses: { 204: { description: "Deleted" }, ...refusals(404) },
});

const rotateSecret = createRoute({
  method: "post",
  path: "/webhooks/{id}/rotate-secret",
  operationId: "rotateWebhookSecret",
  summary: "Makes another secret. For a day the one before signs too.",
  tags,
  request: one,
  responses: { 200: json("The webhook, with its new secret", withSecret), ...refusals(404) },
});

const testWebhook = createRoute({
  method: "post",
  path: "/webhooks/{id}/test",
  operationId: "testWebhook",
  summary: "Sends a message of type `webhook.test`, once, and says what came of it.",
  tags,
  request: one,
  responses: { 200: json("What came of it", testResult), ...refusals(404) },
});

const listDeliveries = createRoute({
  method: "get",
  path: "/webhooks/{id}/deliveries",
  operationId: "listWebhookDeliveries",
  summary: "Lists what was sent to a webhook, or is on its way, newest first.",
  description: "Kept as long as the records of sync tasks (`recordRetentionDays`).",
  tags,
  request: { ...one, query: z.object({ ...pageQuery, state: deliveryState.optional() }) },
  responses: { 200: json("A page of deliveries", page(deliveryView)), ...refusals(400, 404) },
});
