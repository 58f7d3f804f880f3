import { makeCasdoorApi } from "./casdoor/casdoor-api.ts";
import { withCasdoorApi } from "./casdoor/casdoor-target.ts";
import { noteUpdates } from "./casdoor/note-updates.ts";
import type { TargetAuth } from "./scim/authorization.ts";
import { makeConnection } from "./scim/connection.ts";
import { makeScimLanguage } from "./scim/language.ts";
import { makeRateLimit } from "./scim/rate-limit.ts";
import type { Constants } from "./scim/refine.ts";
import { makeScimTarget, type ScimTargetOptions } from "./scim/scim-target.ts";
import { type ApiSettings, apiBaseUrl, factsWith, secondHalfOf, withSecondHalf } from "./second-half.ts";
import type { Target, TargetLanguage } from "./target.ts";

export interface TargetOptions extends ScimTargetOptions {
  readonly constants?: Constants | undefined;
  /** The product's own API beside its SCIM; absent: it is not used. */
  readonly api?: (ApiSettings & { /** Absent: as for SCIM. */ readonly auth?: TargetAuth | undefined }) | undefined;
}

/**
 * A target, and how it wants things written: its SCIM alone, or with the product's own API behind it, under one rate
 * limit.
 *
 * @throws TypeError for an address or credentials that can't be used
 */
export function makeTarget(options: TargetOptions): { readonly target: Target; readonly language: TargetLanguage } {
  const { profile, api, constants } = options;
  const { facts } = profile;
  const half = secondHalfOf(facts, api, constants);
  if (api === undefined || half === null) {
    return { target: makeScimTarget(options), language: makeScimLanguage(facts, constants) };
  }
  const requestsPerSecond = options.requestsPerSecond ?? facts.requestsPerSecond.value;
  const limit = makeRateLimit(requestsPerSecond, options);
  const connection = makeConnection({
    ...options,
    baseUrl: api.baseUrl ?? apiBaseUrl(options.baseUrl) ?? "",
    auth: api.auth ?? options.auth,
    concurrency: options.concurrency ?? facts.concurrency.value,
    timeoutMs: options.timeoutMs ?? 30_000,
    clock: options.clock ?? Date.now,
    // The parameters that SCIM wants mean other things there.
    query: {},
    requestsPerSecond,
    limit,
  });
  const scim = makeScimTarget({ ...options, limit });
  const sending = makeCasdoorApi(connection, half.owner);
  const used = options.notes === undefined ? sending : noteUpdates(sending, half.owner, options.notes);
  return {
    target: withCasdoorApi(scim, used, half),
    language: withSecondHalf(makeScimLanguage(factsWith(facts, half), constants), half),
  };
}
