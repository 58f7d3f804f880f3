import { foldCase } from "../../lib/fold.ts";
import type { JsonObject } from "../../lib/json.ts";
import { managerOf, textOf } from "../document.ts";
import { enterpriseUserSchema } from "../resource.ts";
import { writeLimits } from "./limits.ts";
import type { Problems } from "./problems.ts";

/**
 * What a resource is looked up by lies in indexes of the database, which take text of this length and no more: two of
 * them together are less than the 2,704 bytes of PostgreSQL. Folded text can be longer than what was written.
 */
export function checkIndexedText(document: JsonObject, problems: Problems): void {
  const texts: readonly (readonly [path: string, text: string | null])[] = [
    ["userName", textOf(document, "userName")],
    ["displayName", textOf(document, "displayName")],
    ["externalId", textOf(document, "externalId")],
    [`${enterpriseUserSchema}:manager.value`, managerOf(document)],
  ];
  for (const [path, text] of texts) {
    if (text !== null && isTooLong(text)) {
      problems.add("invalidValue", path, `has more than ${writeLimits.indexedBytes} bytes`);
    }
  }
}

/** Whether a text, as it is or folded, has more bytes than what a resource may be looked up by. */
export function isTooLong(text: string): boolean {
  if (text.length * longestFold < writeLimits.indexedBytes) return false;
  return Math.max(Buffer.byteLength(text), Buffer.byteLength(foldCase(text))) > writeLimits.indexedBytes;
}

/** Bytes that one UTF-16 unit can become at most: U+FDFA is 18 characters in NFKC. */
const longestFold = 36;
