import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { cutPage, isoTimeOrNull, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";

/** Sources that are on their way out, and what they wait for. */
export function makeEndings({ store }: Pick<AdminParts, "store">) {
  return new OpenAPIHono().openapi(listEndings, async (c) => {
    const endings = (await store.listEndings()).map((ending) => ({ ...ending, id: ending.sourceId }));
    const { items, nextCursor } = cutPage(endings, pageOf(c.req.valid("query")));
    return c.json({ items: items.map(toView), nextCursor }, 200);
  });
}

function toView({ sourceId, name, people, afterwards, waitsFor, nextTryAt }: Ending): z.output<typeof endingView> {
  return { source: sourceId, name, people, afterwards, waitsFor, nextTryAt: isoTimeOrNull(nextTryAt) };
}

type Ending = Awaited<ReturnType<AdminParts["store"]["listEndings"]>>[number];

const endingView = z
  .object({
    source: z.string().openapi({ description: "Its id, by which its tasks are found." }),
    name: z.string().openapi({ description: "The name that it had." }),
    people: z.enum(["keep", "deactivate", "delete"]),
    afterwards: z.enum(["disable", "delete"]),
    waitsFor: z.string().nullable().openapi({ description: "As of the last try; null: there was none yet." }),
    nextTryAt: z.string().nullable(),
  })
  .openapi("Ending");

const listEndings = createRoute({
  method: "get",
  path: "/endings",
  operationId: "listEndings",
  summary: "Lists the sources that are on their way out, with what each waits for.",
  tags: ["Identity sources"],
  request: { query: z.object(pageQuery) },
  responses: { 200: json("A page of endings", page(endingView)), ...refusals(400) },
});
