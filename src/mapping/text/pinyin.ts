import { createRequire } from "node:module";
import { capitalise, collapse } from "./change.ts";
import { easternRun, splitName } from "./name.ts";

/** How a name is written in pinyin. */
export interface PinyinOptions {
  /** The whole text, or of a name its family or given name alone. */
  readonly part: "all" | "family" | "given";
  /** Whole syllables (zhang san), or the first letter of each (z s). */
  readonly style: "full" | "initials";
  readonly tones: "none" | "marks" | "numbers";
  /** What stands between syllables. */
  readonly separator: string;
  readonly case: "lower" | "upper" | "title";
  /** How ü is written where there are no tone marks: 吕 is lv, lu or (as in passports) lyu. */
  readonly umlaut: "v" | "u" | "yu";
}

export const defaultPinyin: PinyinOptions = {
  part: "all",
  style: "full",
  tones: "none",
  separator: "",
  case: "lower",
  umlaut: "v",
};

/**
 * Chinese characters in pinyin; the first ones are read as a surname (单 shan, 曾 zeng, 尉迟 yuchi). Words in other
 * scripts stay as they are, and count as one syllable. Characters that no reading is known of stay too.
 */
export function toPinyin(text: string, options: PinyinOptions = defaultPinyin): string {
  const { style, separator, umlaut } = options;
  const syllables = readSyllables(text, options).map((syllable) =>
    options.tones === "marks" ? syllable : syllable.replace(/ü/g, umlaut).replace(/Ü/g, umlaut.toUpperCase()),
  );
  const parts = style === "initials" ? syllables.map((syllable) => [...syllable][0] ?? "") : syllables;
  switch (options.case) {
    case "lower":
      return parts.join(separator).toLowerCase();
    case "upper":
      return parts.join(separator).toUpperCase();
    case "title":
      return separator === "" && style === "full"
        ? capitalise(parts.join(""))
        : parts.map((each) => capitalise(each)).join(separator);
  }
}

function readSyllables(text: string, { part, tones }: PinyinOptions): readonly string[] {
  if (part === "all") return readRuns(text, tones);
  const name = splitName(text);
  const wanted = name[part];
  const run = easternRun(text);
  // A given name is read behind its surname: alone, its first character would be taken for one.
  if (run === null || !run.startsWith(name.family + name.given)) return readRuns(wanted, tones);
  const all = readHan(name.family + name.given, tones);
  const length = [...name.family].length;
  return part === "family" ? all.slice(0, length) : all.slice(length);
}

function readRuns(text: string, tones: PinyinOptions["tones"]): readonly string[] {
  return [...collapse(text).matchAll(/(\p{Script=Han}+)|[^\p{Script=Han}\s]+/gu)].flatMap(([run, han]) =>
    han === undefined ? [run] : readHan(run, tones),
  );
}

function readHan(text: string, tones: PinyinOptions["tones"]): readonly string[] {
  const toneType = ({ none: "none", marks: "symbol", numbers: "num" } as const)[tones];
  return library().pinyin(text, { toneType, type: "array", surname: "head" });
}

// The dictionary takes 40 ms and 40 MB: it is read when the first name comes by, not at every start.
let loaded: typeof import("pinyin-pro") | null = null;

function library(): typeof import("pinyin-pro") {
  loaded ??= createRequire(import.meta.url)("pinyin-pro") as typeof import("pinyin-pro");
  return loaded;
}
