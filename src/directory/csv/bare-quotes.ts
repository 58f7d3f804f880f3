export type Delimiter = "," | ";" | "\t";

/**
 * Puts cells in quotes that have quotes within and none around: `="0123"`, with which people make Excel keep a zero, and
 * `emails[type eq "work"].value`. RFC 4180 §2 wants `"=""0123"""`.
 *
 * Well-formed CSV is not changed. There, a quote opens a cell (and stands after a delimiter or line break), closes it
 * (and stands before one), or is one of a pair. The first one that is found here has other characters on both sides.
 */
export function quoteBareQuotes(text: string, delimiter: Delimiter): string {
  return text.replace(patterns[delimiter], (cell) => `"${cell.replaceAll('"', '""')}"`);
}

const patterns: Readonly<Record<Delimiter, RegExp>> = {
  ",": /(?<=^|[\n,])[^"\n,]+(?:"[^"\n,]+"[^"\n,]*)+(?=[\n,]|$)/g,
  ";": /(?<=^|[\n;])[^"\n;]+(?:"[^"\n;]+"[^"\n;]*)+(?=[\n;]|$)/g,
  "\t": /(?<=^|[\n\t])[^"\n\t]+(?:"[^"\n\t]+"[^"\n\t]*)+(?=[\n\t]|$)/g,
};
