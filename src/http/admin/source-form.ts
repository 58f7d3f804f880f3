import type { z } from "@hono/zod-openapi";
import { maskSecrets, restoreMasked, type SecretsByPointer, splitSecrets } from "../../lib/secrets.ts";
import type { NewSource, SourceRow, SourceSettings, SourceSummary } from "../../store/store.ts";
import { invalid, type ProblemItem } from "../problem.ts";
import { isoTime, isoTimeOrNull } from "./common.ts";
import { present } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { protectionProblems } from "./safeguards.ts";
import {
  readingMembers,
  type SourceForm,
  secretsOf,
  sourceProxy,
  type sourceView,
  storedSourceSettings,
} from "./source-schemas.ts";

/** A source as its row holds it, before anything is said about when it runs. */
export type JudgedSource = Omit<NewSource, "nextRunAt">;

/**
 * A parsed form as the store takes it: secrets apart, masks replaced by what is stored.
 *
 * @param stored the row that the form changes, or null for a new source
 * @throws ProblemError 400 for what only this bridge can judge: an unknown mapping, an address that it may not call
 */
export function judgeSource(
  form: SourceForm,
  stored: SourceRow | null,
  { knownMappings, allowUrl, catalog }: Pick<AdminParts, "knownMappings" | "allowUrl" | "catalog">,
): JudgedSource {
  const split = splitSecrets(form, secretsOf(form));
  const { secrets, unknown } = restoreMasked(split.secrets, stored?.secrets ?? {});
  // An end that was ordered goes on whatever else is changed, until the source is enabled again.
  const leaving = form.status === "enabled" ? undefined : stored?.settings.leaving;
  const disabledBecause = form.status === "enabled" ? undefined : stored?.settings.disabledBecause;
  const settings: SourceSettings = {
    ...present(storedSourceSettings.parse(split.settings)),
    ...(leaving === undefined ? {} : { leaving }),
    ...(disabledBecause === undefined ? {} : { disabledBecause }),
  };
  const errors: ProblemItem[] = unknown.map((pointer) => ({
    pointer,
    detail: "stands for a secret that is not stored",
  }));
  if (stored !== null && form.type !== stored.type) {
    errors.push({ pointer: "/type", detail: `can't be changed: this source is of type ${stored.type}` });
  }
  if (form.type === "custom" && (stored === null || stored.type === "custom")) {
    const given = readingMembers.filter((key) => form[key] !== undefined);
    const detail = "says how a source is read, and a custom source is not: people are written to it. Leave it out";
    errors.push(...given.map((key) => ({ pointer: `/${key}`, detail })));
  }
  if (form.type !== "custom" && !knownMappings().includes(settings.mapping)) {
    errors.push({ pointer: "/mapping", detail: `is not known; there are: ${knownMappings().join(", ")}` });
  }
  for (const [key, url] of urlsOf(settings, secrets)) {
    const refusal = allowUrl?.(url) ?? null;
    if (refusal !== null) errors.push({ pointer: `/wecom/${key}`, detail: refusal });
  }
  errors.push(...protectionProblems(settings.safeguards, stored?.settings.safeguards ?? null, catalog()));
  if (errors.length > 0) throw invalid(errors);
  return { name: form.name, type: form.type, status: form.status, settings, secrets };
}

/** The addresses that the source is read by, without credentials. */
function urlsOf({ wecom }: SourceSettings, secrets: SecretsByPointer): readonly (readonly [string, string])[] {
  const { apiBaseUrl, proxy } = wecom ?? {};
  const secret = secrets[sourceProxy];
  // A mask that stands for nothing is told of elsewhere.
  const urls = { apiBaseUrl, proxy: secret === undefined || !URL.canParse(secret) ? proxy : new URL(secret).origin };
  return Object.entries(urls).flatMap(([key, url]) => (url === undefined ? [] : [[key, url] as const]));
}

/** What a merge patch is merged into: the source as a client would write it, secrets masked. */
export function toSourceForm(row: JudgedSource) {
  const settings = shownSettings(row);
  return maskSecrets({ name: row.name, type: row.type, status: row.status, ...settings }, row.secrets);
}

/** Settings without those that say nothing of this source: how it is read, where nobody reads it. */
function shownSettings({ type, settings }: Pick<SourceRow, "type" | "settings">) {
  const { leaving: _, disabledBecause: __, sync, scope, mapping, ...others } = settings;
  return type === "custom" ? others : { ...others, sync, scope, mapping };
}

/** A source as it is answered. */
export function toSourceView(row: SourceRow, summary: SourceSummary): z.output<typeof sourceView> {
  const { lastTask, users, activeUsers, groups } = summary;
  const settings = shownSettings(row);
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    status: row.status,
    ...maskSecrets(settings, row.secrets),
    disabledBecause: row.settings.disabledBecause ?? null,
    nextRunAt: isoTimeOrNull(row.nextRunAt),
    syncedAt: isoTimeOrNull(row.syncedAt),
    lastTask:
      lastTask === null
        ? null
        : { id: lastTask.id, state: lastTask.state, finishedAt: isoTimeOrNull(lastTask.finishedAt) },
    summary: { users, activeUsers, groups },
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
  };
}

/**
 * When a source is due. A source that was not running by itself is due at once; a changed interval counts from the
 * last run. Null when nothing runs by itself: disabled, manual, or nothing to read. One that is ending stays due when it is.
 */
export function nextRunOf(source: JudgedSource, before: SourceRow | null, now: number): number | null {
  if (source.settings.leaving !== undefined && before !== null) return before.nextRunAt;
  if (source.type !== "wecom" || source.status !== "enabled" || !source.settings.sync.automatic) return null;
  if (before === null || before.nextRunAt === null) return now;
  const hours = source.settings.sync.intervalHours - before.settings.sync.intervalHours;
  return hours === 0 ? before.nextRunAt : Math.max(now, before.nextRunAt + hours * 3_600_000);
}
