import type { Json } from "../lib/json.ts";

/** What `normalise` can ask for. */
export const normalisers = ["trim", "lower", "upper", "halfwidth"] as const;

export type Normaliser = (typeof normalisers)[number];

/** Chains normalisers. Lists are changed item by item; what is not text stays as it is. */
export function makeNormaliser(names: readonly Normaliser[]): (value: Json) => Json {
  const steps = names.map((name) => byName[name]);
  const change = (value: Json): Json =>
    typeof value === "string" ? steps.reduce((text, step) => step(text), value) : value;
  return (value) => (Array.isArray(value) ? value.map(change) : change(value));
}

const byName: Readonly<Record<Normaliser, (text: string) => string>> = {
  trim: (text) => text.trim(),
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  halfwidth: toHalfWidth,
};

// U+FF01–U+FF5E are the ASCII characters in full width, in the same order; U+3000 is the space.
function toHalfWidth(text: string): string {
  return text.replace(/[\uFF01-\uFF5E\u3000]/g, (character) =>
    character === "\u3000" ? " " : String.fromCharCode(character.charCodeAt(0) - 0xfee0),
  );
}
