import type { Source } from "../../../api/views.ts";
import { mergePatchOf, withoutEmpty } from "../../../parts/form-values.ts";

/** What the form of a source holds, in the API's own shape; what was left empty is undefined or "". */
export interface SourceValues {
  readonly type: "wecom" | "custom";
  readonly name?: string;
  readonly description?: string;
  readonly organization?: string;
  readonly namespace?: string;
  readonly wecom?: {
    /** Id of what a corp authorised, in the place of corp id and secrets. */
    readonly authorization?: string;
    readonly corpId?: string;
    readonly corpSecret?: string;
    readonly contactsSecret?: string;
    readonly agentId?: number | null;
    readonly apiBaseUrl?: string;
    readonly proxy?: string;
    readonly callback?: CallbackValues;
    readonly appCallback?: CallbackValues;
  };
  readonly mapping?: string;
  readonly scope?: { readonly mode: "all" | "partial"; readonly departments?: readonly number[] };
  readonly sync?: { readonly automatic: boolean; readonly users: boolean; readonly intervalHours: number };
  readonly safeguards?: Pick<Source["safeguards"], "maxRemovals" | "maxMemberRemovals" | "windowHours">;
}

interface CallbackValues {
  readonly token?: string;
  readonly encodingAesKey?: string;
}

/** What a new source has if nothing is said. */
export const initialValues: SourceValues = {
  type: "wecom",
  mapping: "wecom",
  scope: { mode: "all" },
  sync: { automatic: true, users: true, intervalHours: 1 },
  safeguards: {
    maxRemovals: { floor: 5, percent: 10, count: 500 },
    maxMemberRemovals: { floor: 20, percent: 50 },
    windowHours: 24,
  },
};

/** Members that say how a source is read: a custom one has none of them. */
const ofReading = ["wecom", "mapping", "scope", "sync"];

/** The body that makes a source. */
export function toBody(values: SourceValues): Record<string, unknown> {
  return withoutEmpty(relevant(values)) as Record<string, unknown>;
}

/** The merge patch (RFC 7396) that turns a source into what the form says: null for what was emptied. */
export function toPatch(values: SourceValues, before: SourceValues): Record<string, unknown> {
  return mergePatchOf(toBody(before), toBody(values));
}

export function toValues(source: Source): SourceValues {
  const { type, name, description, organization, namespace, wecom, mapping, scope, sync, safeguards } = source;
  const { maxRemovals, maxMemberRemovals, windowHours } = safeguards;
  return withoutEmpty({
    ...{ type, name, description, organization, namespace, wecom, mapping, scope, sync },
    safeguards: { maxRemovals, maxMemberRemovals, windowHours },
  }) as SourceValues;
}

function relevant({ type, ...values }: SourceValues): Record<string, unknown> {
  const members = Object.entries(values).filter(([key]) => type === "wecom" || !ofReading.includes(key));
  const scope = values.scope?.mode === "all" ? { scope: { mode: "all" } } : {};
  const all = { type, ...Object.fromEntries(members), ...(type === "wecom" ? scope : {}) };
  const { wecom } = values;
  return type === "wecom" && wecom?.authorization !== undefined ? { ...all, wecom: withoutSecrets(wecom) } : all;
}

/** Whose place an authorisation takes: whatever was typed before it was chosen is not sent. */
function withoutSecrets(wecom: NonNullable<SourceValues["wecom"]>): object {
  const { corpId: _corp, corpSecret: _secret, contactsSecret: _contacts, agentId: _agent, ...rest } = wecom;
  return rest;
}
