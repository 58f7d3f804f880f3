import { foldCase } from "../../lib/fold.ts";
import type { Json } from "../../lib/json.ts";

/** The words that a column takes, folded, each with its value; null is no value. */
export type Words = ReadonlyMap<string, Json>;

/** The value of a word, in any case and width; undefined for one that is not there. */
export function findWord(words: Words, text: string): Json | undefined {
  return words.get(foldCase(text));
}

const yes = makeWords([["是", "true", "yes", "y", "1"], true]);
const no = makeWords([["否", "false", "no", "n", "0"], false]);

/** Of any boolean attribute. */
export const truthWords: Words = new Map([...yes, ...no]);

// 未激活 is WeCom's for somebody who has not signed in yet, which does not make him one who may not.
const stateWords = makeWords(
  [["启用", "已启用", "正常", "在职", "已激活", "未激活", "未禁用", "active", "enabled"], true],
  [["禁用", "已禁用", "未启用", "停用", "已停用", "离职", "已离职", "退出企业", "inactive", "disabled"], false],
);

/** Of `active`. */
export const activeWords: Words = new Map([...truthWords, ...stateWords]);

/** Of a column that asks whether somebody is disabled, so that a yes is false. */
export const disabledWords: Words = new Map([
  ...[...truthWords].map(([word, value]) => [word, !value] as const),
  ...stateWords,
]);

/** Of WeCom's 激活状态. A no may be 未激活 or 已禁用 there, which is not the same. */
export const activationWords: Words = new Map([...yes, ...stateWords]);

/** Of the gender; 0 to 2 are WeCom's. */
export const genderWords: Words = makeWords(
  [["男", "male", "m", "1"], "male"],
  [["女", "female", "f", "2"], "female"],
  [["未知", "未设置", "unknown", "0"], null],
);

function makeWords(...rows: readonly (readonly [words: readonly string[], value: Json])[]): Words {
  return new Map(rows.flatMap(([words, value]) => words.map((word) => [foldCase(word), value] as const)));
}
