import { isJsonObject, type Json, type JsonObject } from "./json.ts";

// Secrets travel apart from the settings that they belong to: by JSON Pointer, so that settings can be shown, logged
// and compared as they are, and only this small map needs to be encrypted.
//
//   { corpId, callback: { token } }  ──split──►  { corpId }  +  { "/callback/token": "…" }
//                                    ◄──merge──

/** What stands for a stored secret wherever settings are shown. */
export const secretMask = "********";

export type SecretsByPointer = Readonly<Record<string, string>>;

/**
 * Takes the strings at `pointers` out of a form. Objects that are empty without them go too.
 * Pointers are plain member paths (no arrays).
 */
export function splitSecrets(
  form: object,
  pointers: readonly string[],
): { readonly settings: JsonObject; readonly secrets: SecretsByPointer } {
  const secrets: Record<string, string> = {};
  const take = (object: object, path: string): JsonObject =>
    Object.fromEntries(
      Object.entries(object).flatMap(([key, value]: [string, Json]): [string, Json][] => {
        const pointer = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        if (typeof value === "string" && pointers.includes(pointer)) {
          secrets[pointer] = value;
          return [];
        }
        if (!isJsonObject(value) || !pointers.some((each) => each.startsWith(`${pointer}/`))) return [[key, value]];
        const rest = take(value, pointer);
        const emptied = Object.keys(rest).length === 0 && Object.keys(value).length > 0;
        return emptied ? [] : [[key, rest]];
      }),
    );
  return { settings: take(form, ""), secrets };
}

/** Settings with their secrets in place again. */
export function mergeSecrets<T extends object>(settings: T, secrets: SecretsByPointer): T {
  let merged = settings;
  for (const [pointer, secret] of Object.entries(secrets)) {
    merged = put(merged, pointer.split("/").slice(1).map(unescapeStep), secret);
  }
  return merged;
}

/** Settings as they may be shown: {@link secretMask} stands where a secret is stored. */
export function maskSecrets<T extends object>(settings: T, secrets: SecretsByPointer): T {
  return mergeSecrets(settings, Object.fromEntries(Object.keys(secrets).map((pointer) => [pointer, secretMask])));
}

/**
 * A mask that came back stands for what is stored.
 * `unknown` names the pointers of masks that nothing is stored for.
 */
export function restoreMasked(
  secrets: SecretsByPointer,
  stored: SecretsByPointer,
): { readonly secrets: SecretsByPointer; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const restored = Object.entries(secrets).map(([pointer, secret]): [string, string] => {
    if (secret !== secretMask) return [pointer, secret];
    const kept = Object.hasOwn(stored, pointer) ? stored[pointer] : undefined;
    if (kept === undefined) unknown.push(pointer);
    return [pointer, kept ?? ""];
  });
  return { secrets: Object.fromEntries(restored), unknown };
}

function put<T extends object>(object: T, path: readonly string[], value: string): T {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const held: unknown = Object.hasOwn(object, key) ? object[key as keyof T] : undefined;
  const inner = rest.length === 0 ? value : put(isJsonObject(held) ? held : {}, rest, value);
  return { ...object, [key]: inner };
}

function unescapeStep(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
