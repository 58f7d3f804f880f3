import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { secretMask } from "../../lib/secrets.ts";
import type { Settings } from "../../store/store.ts";
import { invalid } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { body, json, mergePatchForm, parseForm, refusals } from "./common.ts";
import { mergePatch } from "./merge-patch.ts";
import type { AdminParts } from "./parts.ts";
import { checkSwitch } from "./separate-approver.ts";
import { makeSerially } from "./serially.ts";

/** Settings of the whole bridge. */
export function makeSettings({ store, nudge }: AdminParts) {
  const serially = makeSerially();

  return new OpenAPIHono()
    .openapi(readSettings, async (c) => c.json(toSettingsView(await store.readSettings()), 200))
    .openapi(patchSettings, async (c) => {
      const patch = c.req.valid("json");
      const settings = await serially(async () => {
        const before = await store.readSettings();
        const form = parseForm(settingsForm, mergePatch({ ...toSettingsView(before) }, patch));
        const change = { before: before.separateApprover, after: form.separateApprover };
        await checkSwitch(store, change, callerOf(c));
        return store.writeSettings({ ...form, metricsToken: keepMasked(form.metricsToken, before.metricsToken) });
      });
      if (!settings.paused) await store.tryEndingsAtOnce();
      nudge();
      return c.json(toSettingsView(settings), 200);
    });
}

/** The settings as they are answered. */
export function toSettingsView(settings: Settings): z.output<typeof settingsView> {
  return { ...settings, metricsToken: settings.metricsToken === null ? null : secretMask };
}

/** @throws ProblemError 400 for a mask that nothing is stored for */
export function keepMasked(sent: string | null, stored: string | null): string | null {
  if (sent !== secretMask) return sent;
  if (stored === null) throw invalid([{ pointer: "/metricsToken", detail: "stands for a secret that is not stored" }]);
  return stored;
}

const days = z.int().min(1).max(3650).default(90);

/** The settings as an administrator writes them. */
export const settingsForm = z.strictObject({
  maxEnabledSources: z.int().min(1).max(1000).default(5),
  maxCustomSources: z.int().min(0).max(1000).default(1),
  recordRetentionDays: days,
  leaverRetentionDays: days,
  separateApprover: z.boolean().default(false),
  metricsToken: z
    .union(
      [z.null(), z.literal(secretMask), z.string().regex(/^[\x21-\x7e]{16,512}$/)],
      "has to be null, or 16 to 512 characters of printable ASCII without spaces",
    )
    .default(null),
  alertAfterHours: z.int().min(1).max(8760).nullable().default(null),
  paused: z.boolean().default(false),
});

const settingsView = z
  .object({
    maxEnabledSources: z.int().openapi({ description: "So many sources can be enabled at once." }),
    maxCustomSources: z.int().openapi({ description: "So many of them can be of the type custom." }),
    recordRetentionDays: z.int().openapi({ description: "So long records and ended tasks are kept." }),
    leaverRetentionDays: z
      .int()
      .openapi({ description: "So long a leaver stays visible as inactive in the bridge's own directory." }),
    separateApprover: z.boolean().openapi({
      description:
        "Nobody approves what he has caused himself: a task that he asked for, or one of a source or target of which he " +
        "changed since a day before it what decides about removals. Needs two administrators.",
    }),
    metricsToken: z
      .string()
      .nullable()
      .openapi({ description: `Reads back as ${secretMask}.` }),
    alertAfterHours: z.int().nullable().openapi({
      description:
        "Hours without a good sync after which a source is told of (`source.stale`); null: 26, or twice its interval.",
    }),
    paused: z.boolean().openapi({ description: "Stops every sync; the endpoints go on answering." }),
  })
  .openapi("Settings");

const tags = ["Settings"];

const readSettings = createRoute({
  method: "get",
  path: "/settings",
  operationId: "readSettings",
  summary: "Reads the settings of the bridge.",
  tags,
  responses: { 200: json("The settings", settingsView), ...refusals() },
});

const patchSettings = createRoute({
  method: "patch",
  path: "/settings",
  operationId: "patchSettings",
  summary: "Changes settings of the bridge.",
  tags,
  request: { body: body(mergePatchForm("SettingsPatch", "Members as in Settings; null puts the default back.")) },
  responses: { 200: json("The settings", settingsView), ...refusals(400, 409) },
});
