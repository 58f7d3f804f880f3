import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";

/** Takes out of a server's text what must not be repeated in an error or a log. */
export type Conceal = (text: string) => string;

const longestDetail = 300;

/**
 * Makes a server's own words fit for an error: on one line, without control characters, at most 300 characters, and
 * with `…` for our secrets and for every value that we sent. Servers like to repeat the value that they refuse, and
 * that is a person's name or number.
 *
 * @param secrets removed wherever they stand, whatever their length
 * @param sent the request's body, or the value that was looked for
 */
export function makeConceal(secrets: readonly string[], sent: Json | undefined): Conceal {
  return (text) => {
    // Cutting before replacing could leave half of a value standing, and replacing takes time with the length.
    if (text.length > 20_000) return "(its explanation is too long to be shown)";
    const values = [...secrets.filter((secret) => secret !== ""), ...sentValues(sent)];
    // The longest first, so that a value inside another one doesn't spoil it.
    const pattern = [...new Set(values)]
      .sort((a, b) => b.length - a.length)
      .map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join("|");
    const concealed = pattern === "" ? text : text.replace(new RegExp(pattern, "giu"), "…");
    // Cc: controls; Cf: invisible and direction-changing characters; Zl, Zp: line separators; Cs: half characters.
    const line = concealed.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu, " ").trim();
    return line.length > longestDetail ? `${[...line].slice(0, longestDetail - 1).join("")}…` : line;
  };
}

// The words of the protocol are no one's data, and a message without them says nothing.
const protocolKeys: ReadonlySet<string> = new Set(["schemas", "op", "type", "Operations"]);

function* sentValues(value: Json | undefined): Generator<string> {
  if (typeof value === "string") yield* telling(value);
  if (Array.isArray(value)) for (const item of value) yield* sentValues(item);
  if (isJsonObject(value)) yield* sentMembers(value);
}

function* sentMembers(object: JsonObject): Generator<string> {
  for (const [key, value] of Object.entries(object)) {
    if (key === "Operations" && Array.isArray(value)) {
      for (const operation of value) if (isJsonObject(operation)) yield* sentValues(operation["value"]);
    } else if (!protocolKeys.has(key)) {
      yield* sentValues(value);
    }
  }
}

// One or two Latin letters name nobody and would tear every message apart; two Chinese characters are a full name. Parts
// are hidden too, for a parser complains about the piece that it stumbled over; of these only what is more than an article.
function* telling(value: string): Generator<string> {
  const isForeign = (text: string): boolean => /\P{ASCII}/u.test(text);
  if (value.length >= 3 || isForeign(value)) yield value;
  for (const part of value.split(/[\s"'\\@,;]+/)) if (part.length >= 4 || isForeign(part)) yield part;
}
