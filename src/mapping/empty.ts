import type { Json } from "../lib/json.ts";

/** No value: nothing there, null, an empty text or list. Blanks are a value. */
export function isEmpty(value: Json | undefined): value is null | undefined | "" | readonly [] {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
