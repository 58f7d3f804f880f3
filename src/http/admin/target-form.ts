import type { z } from "@hono/zod-openapi";
import { canonicalJson } from "../../lib/json.ts";
import { jsonPointer } from "../../lib/json-pointer.ts";
import { maskSecrets, restoreMasked, splitSecrets } from "../../lib/secrets.ts";
import type { LinkState, NewTarget, Quarantine, TargetRow, TargetSettings } from "../../store/store.ts";
import { invalid, type ProblemItem } from "../problem.ts";
import { isoTime } from "./common.ts";
import { present } from "./fields.ts";
import type { AdminParts, ProfileReading } from "./parts.ts";
import { protectionProblems } from "./safeguards.ts";
import { judgeRules } from "./target-mapping.ts";
import { storedTargetSettings, type TargetForm, targetSecrets, type targetView } from "./target-schemas.ts";

/**
 * A parsed form as the store takes it: secrets apart, masks replaced by what is stored, sources by their ids.
 *
 * @param stored the row that the form changes, or null for a new target
 * @throws ProblemError 400 for what only this bridge can judge: an unknown source or profile, an address, rules
 */
export async function judgeTarget(
  form: TargetForm,
  stored: TargetRow | null,
  parts: Pick<AdminParts, "catalog" | "knownProfiles" | "readProfile" | "allowUrl"> & {
    readonly store: Pick<AdminParts["store"], "findSource">;
  },
): Promise<NewTarget> {
  const { store, catalog, knownProfiles, allowUrl } = parts;
  const split = splitSecrets(form, targetSecrets(form));
  const { secrets, unknown } = restoreMasked(split.secrets, stored?.secrets ?? {});
  const settings: TargetSettings = present(storedTargetSettings.parse(split.settings));
  const errors: ProblemItem[] = unknown.map((pointer) => ({
    pointer,
    detail: "stands for a secret that is not stored",
  }));
  if (!knownProfiles().includes(settings.profile)) {
    const names = knownProfiles();
    const advice =
      names.length === 0 ? "the directory of profiles, targets, has none" : `there are: ${names.join(", ")}`;
    errors.push({ pointer: "/profile", detail: `is not known; ${advice}` });
  } else {
    const reading = parts.readProfile(settings.profile);
    errors.push(...constantProblems(settings, stored, reading), ...apiProblems(settings, stored, reading));
  }
  for (const [pointer, url] of urlsOf(settings)) {
    const refusal = allowUrl?.(url) ?? null;
    if (refusal !== null) errors.push({ pointer, detail: refusal });
  }
  const sources = new Set<string>();
  const types: string[] = [];
  for (const [index, named] of settings.sources.entries()) {
    const source = await store.findSource(named);
    if (source !== null) types.push(source.type);
    if (source !== null) sources.add(source.id);
    // What the target named already stays, though the source is being deleted.
    else if (stored?.settings.sources.includes(named)) sources.add(named);
    else errors.push({ pointer: `/sources/${index}`, detail: "there is no such source" });
  }
  errors.push(...mappingProblems(settings, stored, catalog), ...useridProblems(settings, types));
  errors.push(...protectionProblems(settings.safeguards, stored?.settings.safeguards ?? null, catalog()));
  if (errors.length > 0) throw invalid(errors);
  const baseUrl = settings.baseUrl.replace(/\/+$/, "");
  return { name: form.name, status: form.status, settings: { ...settings, baseUrl, sources: [...sources] }, secrets };
}

/** Every address that is called for a target, with its place in the form. */
function urlsOf({ baseUrl, proxy, auth, api }: TargetSettings): readonly (readonly [pointer: string, url: string])[] {
  return [
    ["/baseUrl", baseUrl],
    ["/proxy", proxy],
    ["/auth/tokenUrl", auth.type === "oauth2" ? auth.tokenUrl : undefined],
    ["/api/baseUrl", api?.baseUrl],
    ["/api/auth/tokenUrl", api?.auth?.type === "oauth2" ? api.auth.tokenUrl : undefined],
  ].flatMap(([pointer, url]) => (pointer === undefined || url === undefined ? [] : [[pointer, url] as const]));
}

/** The product must have an API that the bridge knows, and its address must be known. What is stored already stays. */
function apiProblems(
  { profile, baseUrl, api }: TargetSettings,
  stored: TargetRow | null,
  reading: ProfileReading,
): readonly ProblemItem[] {
  const before = stored?.settings;
  if (api === undefined || "problem" in reading) return [];
  if (
    before?.api !== undefined &&
    profile === before.profile &&
    baseUrl === before.baseUrl &&
    api.baseUrl === before.api.baseUrl
  ) {
    return [];
  }
  if ((reading.profile.facts["api"]?.value ?? null) === null) {
    return [{ pointer: "/api", detail: `is not for the profile ${profile}, which names no API of the product's own` }];
  }
  if (api.baseUrl !== undefined || /\/scim(\/v2)?\/*$/i.test(baseUrl)) return [];
  return [
    { pointer: "/api/baseUrl", detail: "is needed, because baseUrl does not end in /scim: such as https://host/api" },
  ];
}

/**
 * A userid is unique in its corp alone: with a second source somebody could sign on to the account of another person who has
 * the same.
 */
function useridProblems({ api }: TargetSettings, types: readonly string[]): readonly ProblemItem[] {
  if (api?.userid === undefined || (types.length < 2 && types.every((type) => type === "wecom"))) return [];
  const detail =
    "needs a target with one source, of type wecom: a userid says nothing of its corp, and with people of other sources " +
    "somebody could sign on to an account that is not his";
  return [{ pointer: "/api/userid", detail }];
}

/**
 * Each constant that the profile names has to be given, and no other. What is stored already stays, though the profile has
 * changed, or is broken: the target must still be easy to disable.
 */
function constantProblems(
  { profile, constants = {} }: TargetSettings,
  stored: TargetRow | null,
  reading: ProfileReading,
): readonly ProblemItem[] {
  const before = stored?.settings;
  const isNew = profile !== before?.profile || canonicalJson(constants) !== canonicalJson(before.constants ?? {});
  if (!isNew || "problem" in reading) return [];
  const named = reading.profile.facts.constants.value;
  const missing = Object.entries(named).flatMap(([name, { description }]) =>
    Object.hasOwn(constants, name)
      ? []
      : [{ pointer: jsonPointer(["constants", name]), detail: `is needed: ${description}` }],
  );
  const unknown = Object.keys(constants).flatMap((name) =>
    Object.hasOwn(named, name)
      ? []
      : [{ pointer: jsonPointer(["constants", name]), detail: "is not a constant that the profile names" }],
  );
  return [...missing, ...unknown];
}

/** Rules that are stored already stay, though the schemas have changed: the target must still be easy to disable. */
function mappingProblems(
  { mapping }: TargetSettings,
  stored: TargetRow | null,
  catalog: AdminParts["catalog"],
): readonly ProblemItem[] {
  if (mapping === undefined || canonicalJson(mapping) === canonicalJson(stored?.settings.mapping)) return [];
  const judged = judgeRules(mapping, catalog());
  return "problems" in judged ? judged.problems : [];
}

/** What a merge patch is merged into: the target as a client would write it, secrets masked. */
export function toTargetForm(row: NewTarget) {
  return maskSecrets({ name: row.name, status: row.status, ...row.settings }, row.secrets);
}

/** A target as it is answered. */
export function toTargetView(
  row: TargetRow,
  links: Readonly<Record<LinkState, number>>,
  { readProfile }: Pick<AdminParts, "readProfile">,
): z.output<typeof targetView> {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    ...maskSecrets(row.settings, row.secrets),
    limits: limitsOf(row.settings, readProfile(row.settings.profile)),
    links,
    verifyFirst: row.verifyFirst,
    quarantine: row.quarantine && toQuarantineView(row.quarantine),
    paused: row.paused === null ? null : { ...row.paused, since: isoTime(row.paused.since) },
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
  };
}

function toQuarantineView({ since, code, detail, tries, nextTryAt }: Quarantine) {
  return { since: isoTime(since), code, detail, tries, nextTryAt: isoTime(nextTryAt) };
}

/** What holds: what the target's settings say, or else its profile. Of a broken profile what a plain one says. */
function limitsOf({ limits }: TargetSettings, reading: ProfileReading): z.output<typeof targetView>["limits"] {
  const facts = "problem" in reading ? null : reading.profile.facts;
  return {
    concurrency: limits.concurrency ?? facts?.concurrency.value ?? 8,
    requestsPerSecond: limits.requestsPerSecond ?? facts?.requestsPerSecond.value ?? 0,
  };
}
