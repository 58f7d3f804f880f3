import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { isJsonObject, type JsonObject, member } from "../../lib/json.ts";
import type { TargetRow } from "../../store/store.ts";
import { invalid, nameTaken, notFound } from "../problem.ts";
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
import { mergePatch, withoutOtherVariants } from "./merge-patch.ts";
import type { AdminParts } from "./parts.ts";
import { makeSerially } from "./serially.ts";
import { judgeTarget, toTargetForm, toTargetView } from "./target-form.ts";
import { replacedWhole, targetForm, targetVariants, targetView } from "./target-schemas.ts";

/** Targets: make, list, read, change, delete. */
export function makeTargets(parts: AdminParts) {
  const { store } = parts;
  const serially = makeSerially();
  const view = async (row: TargetRow) => toTargetView(row, await store.countLinks(row.id), parts);

  return new OpenAPIHono()
    .openapi(createTarget, async (c) => {
      const form = c.req.valid("json");
      const row = await serially(async () => {
        const target = await judgeTarget(form, null, parts);
        await checkTargetName(store, target.name, null);
        return store.createTarget(target);
      });
      parts.nudge();
      c.header("Location", `${parts.publicUrl}/api/v1/targets/${row.id}`);
      return c.json(await view(row), 201);
    })
    .openapi(listTargets, async (c) => {
      const { items, nextCursor } = cutPage(await store.listTargets(), pageOf(c.req.valid("query")));
      return c.json({ items: await Promise.all(items.map(view)), nextCursor }, 200);
    })
    .openapi(readTarget, async (c) => c.json(await view(await findTarget(store, c.req.valid("param").id)), 200))
    .openapi(patchTarget, async (c) => {
      const { links, ...patch } = c.req.valid("json");
      const { id } = c.req.valid("param");
      const row = await serially(async () => {
        const before = await findTarget(store, id);
        const base = baseOf(toTargetForm(before), patch);
        const form = parseForm(targetForm, mergePatch(base, patch, replacedWhole));
        const target = await judgeTarget(form, before, parts);
        if (target.name !== before.name) await checkTargetName(store, target.name, before.id);
        const moved = target.settings.baseUrl !== before.settings.baseUrl;
        const forget = moved && (await linksAreForgotten(store, before.id, links));
        const after = await store.updateTarget(before.id, target);
        if (forget) await parts.forgetLinks(before.id);
        // Enabled, or without a source that is ending: that may have waited for it.
        await store.tryEndingsAtOnce();
        return after;
      });
      parts.nudge();
      return c.json(await view(row), 200);
    })
    .openapi(deleteTarget, async (c) => {
      await serially(async () => store.deleteTarget((await findTarget(store, c.req.valid("param").id)).id));
      return c.body(null, 204);
    });
}

/** What a patch is merged into: without what belongs to other credentials than those that it brings. */
function baseOf(form: object, patch: JsonObject): JsonObject {
  const base = withoutOtherVariants(form, patch, targetVariants);
  const [before, after] = [member(base, "api"), member(patch, "api")];
  if (!isJsonObject(before) || !isJsonObject(after)) return base;
  return { ...base, api: withoutOtherVariants(before, after, targetVariants) };
}

/** @throws ProblemError 404 */
export async function findTarget(store: AdminParts["store"], idOrName: string): Promise<TargetRow> {
  const row = await store.findTarget(idOrName);
  if (row === null) throw notFound("target", idOrName);
  return row;
}

async function checkTargetName(store: AdminParts["store"], name: string, own: string | null): Promise<void> {
  const holder = await store.findTarget(name);
  if (holder === null || holder.id === own) return;
  throw nameTaken("target", name);
}

/**
 * A target that moved may be the same server under a new address, or another one in which our ids mean nothing. Only
 * the administrator knows.
 *
 * @throws ProblemError 400 when there are links and he did not say
 */
async function linksAreForgotten(store: AdminParts["store"], id: string, said: unknown): Promise<boolean> {
  if (said === "keep" || said === "forget") return said === "forget";
  const counts = await store.countLinks(id);
  if (Object.values(counts).every((count) => count === 0)) return false;
  const detail =
    'has to be said when baseUrl changes: "keep" if it is the same server under another address, "forget" if it is ' +
    "another one (everything is then matched or made anew)";
  throw invalid([{ pointer: "/links", detail }]);
}

const tags = ["Targets"];

const createTarget = createRoute({
  method: "post",
  path: "/targets",
  operationId: "createTarget",
  summary: "Makes a target.",
  tags,
  request: { body: body(targetForm) },
  responses: { 201: json("The target", targetView), ...refusals(400, 409) },
});

const listTargets = createRoute({
  method: "get",
  path: "/targets",
  operationId: "listTargets",
  summary: "Lists the targets, oldest first.",
  tags,
  request: { query: z.object(pageQuery) },
  responses: { 200: json("A page of targets", page(targetView)), ...refusals(400) },
});

const readTarget = createRoute({
  method: "get",
  path: "/targets/{id}",
  operationId: "readTarget",
  summary: "Reads a target.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The target", targetView), ...refusals(404) },
});

const patchTarget = createRoute({
  method: "patch",
  path: "/targets/{id}",
  operationId: "patchTarget",
  summary: "Changes a target.",
  tags,
  request: {
    params: idParams,
    body: body(
      mergePatchForm(
        "TargetPatch",
        "Members as in TargetForm. `mapping` is replaced whole: null in its place removes all rules, null in it is the " +
          'rule that removes an attribute. With another baseUrl, `links` ("keep" or "forget") says whether the links still hold.',
      ),
    ),
  },
  responses: { 200: json("The target", targetView), ...refusals(400, 404, 409) },
});

const deleteTarget = createRoute({
  method: "delete",
  path: "/targets/{id}",
  operationId: "deleteTarget",
  summary: "Forgets a target and its links. At the target itself nothing is touched.",
  tags,
  request: { params: idParams },
  responses: { 204: { description: "Deleted" }, ...refusals(404) },
});
