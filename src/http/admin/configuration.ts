import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { invalid, toProblemItems } from "../problem.ts";
import { body, json, refusals } from "./common.ts";
import { compareForms, type ShownForm } from "./compare-forms.ts";
import { type ComparedThing, comparedView, configurationForm, configurationKinds } from "./configuration-form.ts";
import { judgeConfiguration, type WantedConfiguration } from "./judge-configuration.ts";
import type { AdminParts } from "./parts.ts";
import {
  configuredSettings,
  type PresentConfiguration,
  readConfiguration,
  showSettings,
} from "./read-configuration.ts";
import { replacedWhole } from "./target-schemas.ts";

/** The configuration as one document: read, and compared with one that somebody has. Neither writes anything. */
export function makeConfiguration(parts: AdminParts) {
  const { store } = parts;
  const compare = async (document: unknown): Promise<readonly ComparedThing[]> => {
    const present = await readConfiguration(store);
    return compareAll(await judgeConfiguration(document, present, parts), present, store);
  };
  const refuse = async ({ issues }: z.ZodError, document: Promise<unknown>): Promise<never> => {
    await compare(await document);
    throw invalid(toProblemItems(issues, "json"));
  };

  return new OpenAPIHono()
    .openapi(readRoute, async (c) => {
      const { settings, things } = await readConfiguration(store);
      const lists = configurationKinds.map((kind) => [kind, things[kind].map(({ form }) => form)]);
      return c.json({ settings: configuredSettings(settings), ...Object.fromEntries(lists) }, 200);
    })
    .openapi(
      compareRoute,
      async (c) => c.json({ items: await compare(c.req.valid("json")) }, 200),
      // Each thing is looked at by itself, so that what is wrong with one hides nothing of another.
      (result, c) => (result.success ? undefined : refuse(result.error, c.req.json())),
    );
}

async function compareAll(
  { settings, things }: WantedConfiguration,
  present: PresentConfiguration,
  store: Pick<AdminParts["store"], "countLinks">,
): Promise<readonly ComparedThing[]> {
  const compared: ComparedThing[] = [];
  if (settings !== null) {
    const changes = compareForms(showSettings(present.settings), settings);
    const action = changes.length === 0 ? "none" : "update";
    compared.push({ kind: "settings", name: "settings", id: null, place: "/settings", action, changes, links: 0 });
  }
  for (const { kind, name, place, ...wanted } of things) {
    const stored = present.things[kind].find((each) => each.name === name);
    const changes = compareForms(stored ?? nothing, wanted, kind === "targets" ? replacedWhole : []);
    const moves = stored !== undefined && kind === "targets" && changes.some(({ pointer }) => pointer === "/baseUrl");
    const links = moves ? Object.values(await store.countLinks(stored.id)).reduce((sum, count) => sum + count, 0) : 0;
    const action = stored === undefined ? "create" : changes.length === 0 ? "none" : "update";
    compared.push({ kind, name, id: stored?.id ?? null, place, action, changes, links });
  }
  for (const kind of configurationKinds) {
    const named = new Set(things.filter((each) => each.kind === kind).map(({ name }) => name));
    const others = present.things[kind].filter(({ name }) => !named.has(name));
    const unlisted = { kind, place: null, action: "unlisted", changes: [], links: 0 } as const;
    compared.push(...others.map(({ id, name }) => ({ ...unlisted, id, name })));
  }
  return compared;
}

const nothing: ShownForm = { form: {}, secrets: {} };

const tags = ["Configuration"];

const readRoute = createRoute({
  method: "get",
  path: "/configuration",
  operationId: "readConfiguration",
  summary: "Reads the configuration as one document, secrets masked; things in the order of their names.",
  description:
    "Without what is for the moment (`paused`), and without user groups whose members are listed. It can be sent to …/compare as it is.",
  tags,
  responses: {
    200: json("The configuration", z.record(z.string(), z.unknown()).openapi("ConfigurationView")),
    ...refusals(),
  },
});

const compareRoute = createRoute({
  method: "post",
  path: "/configuration/compare",
  operationId: "compareConfiguration",
  summary: "Says what a document would change, thing by thing. Writes nothing.",
  description: "A refusal names everything that is wrong with the document, what only this bridge can judge included.",
  tags,
  request: { body: body(configurationForm) },
  responses: {
    200: json("What is different", z.object({ items: z.array(comparedView).readonly() })),
    ...refusals(400),
  },
});
