import { FunctionError } from "../text/limit.ts";
import { defaultPinyin, type PinyinOptions } from "../text/pinyin.ts";

/** What each option of pinyin can be; null: any text. */
export const pinyinChoices = {
  part: ["all", "family", "given"],
  style: ["full", "initials"],
  tones: ["none", "marks", "numbers"],
  separator: null,
  case: ["lower", "upper", "title"],
  umlaut: ["v", "u", "yu"],
} as const;

/** Options as an expression writes them. @throws {FunctionError} for one that there is not */
export function pinyinOptions(written: object): PinyinOptions {
  const entries: readonly (readonly [unknown, unknown])[] =
    written instanceof Map ? [...written] : Object.entries(written);
  for (const [name, value] of entries) {
    const choices = isOption(name) ? pinyinChoices[name] : undefined;
    const fits =
      choices === null ? typeof value === "string" && value.length <= 10 : choices?.some((each) => each === value);
    if (!fits) throw new FunctionError(`pinyin has no option ${String(name)} with this value`);
  }
  return { ...defaultPinyin, ...Object.fromEntries(entries) };
}

function isOption(name: unknown): name is keyof typeof pinyinChoices {
  return typeof name === "string" && Object.hasOwn(pinyinChoices, name);
}
