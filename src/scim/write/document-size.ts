import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { ResourceType } from "../resource.ts";
import { writeLimits } from "./limits.ts";
import type { Problems } from "./problems.ts";

/**
 * A document has its limit however it came to be: by POST and PUT, whose bodies have one too, by many a PATCH, in a bulk
 * request, or from a file.
 *
 * @param before null for one that is not there yet; what was larger before may become smaller, and stay as it is
 */
export function checkSize(after: JsonObject, before: JsonObject | null, type: ResourceType, problems: Problems): void {
  if (mostBytes(after) <= writeLimits.documentBytes) return;
  const bytes = bytesOf(after);
  if (bytes <= writeLimits.documentBytes || (before !== null && bytes <= bytesOf(before))) return;
  problems.add(
    "invalidValue",
    largestOf(after),
    `makes this ${type} too large: all of it may have ${writeLimits.documentBytes} bytes, and this has most of them`,
  );
}

/** More bytes than the JSON of a value has, without writing it: nearly all documents are small. */
function mostBytes(value: Json): number {
  if (typeof value === "string") return value.length * longestEscape + 3;
  if (typeof value !== "object" || value === null) return 32;
  if (Array.isArray(value)) return (value as readonly Json[]).reduce<number>((sum, item) => sum + mostBytes(item), 3);
  let sum = 3;
  for (const [key, item] of Object.entries(value)) sum += key.length * longestEscape + 4 + mostBytes(item);
  return sum;
}

/** Bytes that one UTF-16 unit takes at most: control characters are written as \\u001f. */
const longestEscape = 6;

function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The path of the attribute that has the most bytes; of an extension one that is in it. */
function largestOf(document: JsonObject): string {
  const attributes = Object.entries(document).flatMap(([key, value]): [string, Json][] =>
    key.startsWith("urn:") && isJsonObject(value)
      ? Object.entries(value).map(([name, inner]) => [`${key}:${name}`, inner])
      : [[key, value]],
  );
  const sized = attributes.map(([path, value]) => ({ path, bytes: bytesOf(value) }));
  return sized.reduce((a, b) => (b.bytes > a.bytes ? b : a), { path: "", bytes: -1 }).path;
}
