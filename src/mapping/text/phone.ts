import { createRequire } from "node:module";
import type { CountryCode } from "libphonenumber-js/min";
import { toHalfWidth } from "./change.ts";

/**
 * A telephone number in E.164 (`+8613800000000`), or null where it is none. Numbers without a country are numbers of the
 * region (ISO 3166-1, two letters). An extension at the end (`010-12345678-801`) is left out: E.164 has no place for it.
 */
export function toE164(text: string, region: string): string | null {
  const number = toHalfWidth(text).trim();
  return parse(number, region) ?? parse(number.replace(/\s*[-,;x转轉#]+\s*\d{1,6}$/iu, ""), region);
}

/** Whether a region is known to have telephone numbers. */
export function isRegion(region: string): region is CountryCode {
  return library().isSupportedCountry(region);
}

// By its length only: which prefixes are in use changes faster than any list of them.
function parse(text: string, region: string): string | null {
  const found = library().parsePhoneNumberFromString(text, { defaultCountry: region as CountryCode, extract: false });
  return found?.isPossible() ? found.number : null;
}

// 50 ms and 15 MB: only where a mapping asks for it.
let loaded: typeof import("libphonenumber-js/min") | null = null;

function library(): typeof import("libphonenumber-js/min") {
  loaded ??= createRequire(import.meta.url)("libphonenumber-js/min") as typeof import("libphonenumber-js/min");
  return loaded;
}
