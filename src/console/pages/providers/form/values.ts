import type { Provider } from "../../../api/views.ts";

/** What the form of a provider holds: its templates as a list, for the id of each is typed too. */
export interface ProviderValues {
  readonly name?: string;
  readonly corpId?: string;
  readonly providerSecret?: string;
  readonly apiBaseUrl?: string;
  readonly installBaseUrl?: string;
  readonly proxy?: string;
  readonly templates?: readonly TemplateValues[];
}

export interface TemplateValues {
  readonly id?: string;
  readonly kind: "customised" | "third-party";
  readonly name?: string;
  readonly secret?: string;
  readonly token?: string;
  readonly encodingAesKey?: string;
}

const optional = ["apiBaseUrl", "installBaseUrl", "proxy"] as const;

export function toProviderValues(provider: Provider): ProviderValues {
  const { name, corpId, providerSecret, apiBaseUrl, installBaseUrl, proxy, templates } = provider;
  return {
    ...{ name, corpId, providerSecret },
    ...(apiBaseUrl !== undefined && { apiBaseUrl }),
    ...(installBaseUrl !== undefined && { installBaseUrl }),
    ...(proxy !== undefined && { proxy }),
    templates: Object.entries(templates).map(([id, { kind, name: label, secret, callback }]) => ({
      ...{ id, kind, secret, ...callback },
      ...(label !== undefined && { name: label }),
    })),
  };
}

/** The body that makes a provider. */
export function toProviderBody(values: ProviderValues): Record<string, unknown> {
  const said = optional.flatMap((key) => (isSaid(values[key]) ? [[key, values[key].trim()]] : []));
  return { ...required(values), ...Object.fromEntries(said), templates: templatesOf(values, undefined) };
}

/** The merge patch (RFC 7396) for one that is there: null for what was emptied, and for templates taken out. */
export function toProviderPatch(values: ProviderValues, before: ProviderValues): Record<string, unknown> {
  const said = optional.map((key) => [key, isSaid(values[key]) ? values[key].trim() : null]);
  const gone = (before.templates ?? []).map(({ id = "" }) => [id, null]);
  return {
    ...required(values),
    ...Object.fromEntries(said),
    templates: { ...Object.fromEntries(gone), ...templatesOf(values, null) },
  };
}

/**
 * Where in the form a member of the API's body stands.
 *
 * @param path a JSON pointer's parts, as in templates, dk1, callback, token
 */
export function placeInForm(
  [first = "", id, ...rest]: readonly string[],
  values: ProviderValues,
): readonly (string | number)[] {
  if (first !== "templates" || id === undefined) return [first];
  const index = (values.templates ?? []).findIndex((each) => each.id?.trim() === id);
  return index < 0 ? [first] : [first, index, rest.at(-1) ?? "id"];
}

function required({ name = "", corpId = "", providerSecret = "" }: ProviderValues): Record<string, string> {
  return { name: name.trim(), corpId: corpId.trim(), providerSecret: providerSecret.trim() };
}

/** @param unnamed what stands for a name that is not there: nothing, or null to clear it */
function templatesOf({ templates = [] }: ProviderValues, unnamed: null | undefined): Record<string, unknown> {
  return Object.fromEntries(
    templates.map(({ id = "", kind, name, secret = "", token = "", encodingAesKey = "" }) => {
      const label = isSaid(name) ? name.trim() : unnamed;
      const callback = { token: token.trim(), encodingAesKey: encodingAesKey.trim() };
      return [id.trim(), { kind, secret: secret.trim(), callback, ...(label !== undefined && { name: label }) }];
    }),
  );
}

function isSaid(text: string | undefined): text is string {
  return text !== undefined && text !== null && text.trim() !== "";
}
