import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { SourceRow } from "../../store/store.ts";
import { invalid, notFound } from "../problem.ts";
import { callerOf } from "./caller.ts";
import {
  body,
  cutPage,
  idParams,
  json,
  mergePatchForm,
  page,
  pageOf,
  pageQuery,
  parseForm,
  refusals,
} from "./common.ts";
import { checkConfirmed } from "./confirm-end.ts";
import { mergePatch, withoutOtherVariants } from "./merge-patch.ts";
import type { AdminParts } from "./parts.ts";
import { makeSerially } from "./serially.ts";
import { bindAuthorization } from "./source-authorization.ts";
import { judgeSource, nextRunOf, toSourceForm, toSourceView } from "./source-form.ts";
import { checkSourceLimits, checkSourceName } from "./source-rules.ts";
import { sourceForm, sourceVariants, sourceView } from "./source-schemas.ts";

/** Identity sources: make, list, read, change, delete. */
export function makeSources(parts: AdminParts) {
  const { store, clock } = parts;
  const serially = makeSerially();
  const view = async (row: SourceRow) => toSourceView(row, await store.sourceSummary(row.id));

  return new OpenAPIHono()
    .openapi(createSource, async (c) => {
      const form = c.req.valid("json");
      const row = await serially(async () => {
        const source = judgeSource(await bindAuthorization(form, null, parts), null, parts);
        await checkSourceName(store, source.name, null);
        if (source.status === "enabled") await checkSourceLimits(store, source.type, null);
        return store.createSource({ ...source, nextRunAt: nextRunOf(source, null, clock()) });
      });
      parts.nudge();
      c.header("Location", `${parts.publicUrl}/api/v1/sources/${row.id}`);
      return c.json(await view(row), 201);
    })
    .openapi(listSources, async (c) => {
      const { items, nextCursor } = cutPage(await store.listSources(), pageOf(c.req.valid("query")));
      return c.json({ items: await Promise.all(items.map(view)), nextCursor }, 200);
    })
    .openapi(readSource, async (c) => c.json(await view(await findSource(store, c.req.valid("param").id)), 200))
    .openapi(patchSource, async (c) => {
      const { people: saidPeople, confirm, ...patch } = c.req.valid("json");
      const { id } = c.req.valid("param");
      const row = await serially(async () => {
        const before = await findSource(store, id);
        const base = withoutOtherVariants(toSourceForm(before), patch, sourceVariants);
        const form = parseForm(sourceForm, mergePatch(base, patch));
        const people = parsePeople(saidPeople, form.status);
        const said = parseConfirm(confirm);
        const source = judgeSource(await bindAuthorization(form, before, parts), before, parts);
        if (source.name !== before.name) await checkSourceName(store, source.name, before.id);
        const enabling = source.status === "enabled" && before.status !== "enabled";
        if (enabling) await checkSourceLimits(store, source.type, before.id);
        if (people !== null)
          await checkConfirmed(parts, before, { people, afterwards: "disable" }, said, c.req.raw.signal);
        const nextRunAt = nextRunOf(source, before, clock());
        // A time that stays is not written: the engine may be moving it on at this moment.
        const after = await store.updateSource(before.id, {
          ...source,
          ...(nextRunAt !== before.nextRunAt && { nextRunAt }),
        });
        const disabling = source.status === "disabled" && before.status === "enabled";
        if (disabling || people !== null) await parts.disableSource(before.id, people ?? "keep", callerOf(c).name);
        return after;
      });
      parts.nudge();
      return c.json(await view(row), 200);
    })
    .openapi(deleteSource, async (c) => {
      const { people, confirm } = c.req.valid("query");
      const task = await serially(async () => {
        const source = await findSource(store, c.req.valid("param").id);
        await checkConfirmed(parts, source, { people, afterwards: "delete" }, confirm, c.req.raw.signal);
        return parts.removeSource(source.id, people, callerOf(c).name);
      });
      parts.nudge();
      if (task !== null) c.header("Location", `${parts.publicUrl}/api/v1/sync-tasks/${task}`);
      return c.body(null, 204);
    });
}

/** @throws ProblemError 404 */
export async function findSource(store: AdminParts["store"], idOrName: string): Promise<SourceRow> {
  const row = await store.findSource(idOrName);
  if (row === null) throw notFound("source", idOrName);
  return row;
}

/** `people` of a patch: what becomes of the people when the source is disabled. Null when nothing was said. */
function parsePeople(said: unknown, status: SourceRow["status"]): "keep" | "deactivate" | null {
  if (said === undefined || said === null) return null;
  if (said !== "keep" && said !== "deactivate") {
    throw invalid([{ pointer: "/people", detail: 'has to be "keep" or "deactivate"' }]);
  }
  if (status !== "disabled") throw invalid([{ pointer: "/people", detail: 'goes with "status": "disabled" only' }]);
  return said;
}

function parseConfirm(said: unknown): string | undefined {
  if (said === undefined || said === null) return undefined;
  if (typeof said !== "string") throw invalid([{ pointer: "/confirm", detail: "has to be text" }]);
  return said;
}

const tags = ["Identity sources"];

const createSource = createRoute({
  method: "post",
  path: "/sources",
  operationId: "createSource",
  summary: "Makes a source. An enabled automatic one is due at once.",
  tags,
  request: { body: body(sourceForm) },
  responses: { 201: json("The source", sourceView), ...refusals(400, 409) },
});

const listSources = createRoute({
  method: "get",
  path: "/sources",
  operationId: "listSources",
  summary: "Lists the sources, oldest first.",
  tags,
  request: { query: z.object(pageQuery) },
  responses: { 200: json("A page of sources", page(sourceView)), ...refusals(400) },
});

const readSource = createRoute({
  method: "get",
  path: "/sources/{id}",
  operationId: "readSource",
  summary: "Reads a source.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The source", sourceView), ...refusals(404) },
});

const patchSource = createRoute({
  method: "patch",
  path: "/sources/{id}",
  operationId: "patchSource",
  summary: "Changes a source.",
  tags,
  request: {
    params: idParams,
    body: body(
      mergePatchForm(
        "SourcePatch",
        'Members as in SourceForm. With "status": "disabled", `people` ("keep" or "deactivate") says what becomes of them; `confirm` is what the preview of that end gave (…/end), where somebody would be lost.',
      ),
    ),
  },
  responses: { 200: json("The source", sourceView), ...refusals(400, 404, 409) },
});

const deleteSource = createRoute({
  method: "delete",
  path: "/sources/{id}",
  operationId: "deleteSource",
  summary: "Deletes a source.",
  tags,
  request: {
    params: idParams,
    query: z.object({
      people: z
        .enum(["keep", "deactivate", "delete"], "has to say what becomes of the people: keep, deactivate or delete")
        .openapi({ description: "What becomes of the people of this source." }),
      confirm: z.string().min(1).max(100).optional().openapi({
        description: "What the preview of this end gave (…/end); not needed where nobody and nothing is lost.",
      }),
    }),
  },
  responses: {
    204: {
      description: "It is ending: what comes of that is said by the task that Location names, and by GET /endings.",
    },
    ...refusals(400, 404, 409),
  },
});
