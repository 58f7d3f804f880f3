import { collapse } from "./change.ts";

/** A person's name in two parts; either can be empty. */
export interface NameParts {
  readonly family: string;
  readonly given: string;
}

/**
 * Splits a name into family name and given name.
 *
 * Chinese and Korean names put the family name first: two characters where they are a known compound surname (欧阳,
 * 司马) and a given name follows, otherwise one. A name written with a space (欧阳 娜娜) is split there, one with a dot
 * (阿卜杜拉·买买提) has the given name first. Of a name that mixes scripts (`张三 Jack`, `张三(北京)`) the Chinese part
 * counts. Other names have the family name last, with its particles (van, de, bin …), or first before a comma. A single
 * word is the given name.
 */
export function splitName(name: string): NameParts {
  const text = collapse(name.normalize("NFC"));
  const dotted = /^([\p{Script=Han}]+)[·•・．‧]([\p{Script=Han}·•・．‧]+)$/u.exec(text);
  if (dotted) return { given: dotted[1] ?? "", family: dotted[2] ?? "" };
  const spaced = /^(\p{Script=Han}{1,2}) (\p{Script=Han}{1,3})$/u.exec(text);
  if (spaced) return { family: spaced[1] ?? "", given: spaced[2] ?? "" };
  const eastern = easternRun(text);
  return eastern === null ? splitWestern(text) : splitEastern(eastern);
}

/** The first run of Chinese characters or Hangul, or null: the part of the name that is read first. */
export function easternRun(text: string): string | null {
  return /[\p{Script=Han}]+|[\p{Script=Hangul}]+/u.exec(text)?.[0] ?? null;
}

function splitEastern(name: string): NameParts {
  const characters = [...name];
  const first = characters.slice(0, 2).join("");
  const length = characters.length > 2 && compoundSurnames.has(first) ? 2 : 1;
  return { family: characters.slice(0, length).join(""), given: characters.slice(length).join("") };
}

function splitWestern(name: string): NameParts {
  const [before = "", after] = name.replace(/\s*[(（][^)）]*[)）]?\s*$/u, "").split(/\s*,\s*/u, 2);
  if (after !== undefined && after !== "") return { family: before, given: after };
  const words = before.split(" ").filter((word) => word !== "");
  if (words.length < 2) return { family: "", given: words[0] ?? "" };
  let start = words.length - 1;
  while (start > 1 && particles.has((words[start - 1] ?? "").toLowerCase())) start -= 1;
  return { family: words.slice(start).join(" "), given: words.slice(0, start).join(" ") };
}

const particles = new Set(
  "van von der den de del della di da do dos das du la le ter ten zu zur af av bin bint ibn ben al el st st.".split(
    " ",
  ),
);

// Compound surnames in use in mainland China, Hong Kong and Taiwan, simplified and traditional, and Korean ones.
const compoundSurnames = new Set(
  `欧阳 歐陽 太史 端木 上官 司马 司馬 东方 東方 独孤 獨孤 南宫 南宮 万俟 萬俟 闻人 聞人 夏侯 诸葛 諸葛 尉迟 尉遲 公羊 赫连 赫連 澹台 澹臺
   皇甫 宗政 濮阳 濮陽 公冶 太叔 申屠 公孙 公孫 慕容 仲孙 仲孫 钟离 鍾離 鐘離 长孙 長孫 宇文 司徒 鲜于 鮮于 司空 闾丘 閭丘 子车 子車
   亓官 司寇 巫马 巫馬 公西 颛孙 顓孫 壤驷 壤駟 公良 漆雕 乐正 樂正 宰父 谷梁 穀梁 拓跋 夹谷 夾谷 轩辕 軒轅 令狐 段干 百里 呼延 东郭 東郭
   南门 南門 羊舌 微生 梁丘 左丘 东门 東門 西门 西門 第五 叱干 达奚 達奚 哥舒 贺兰 賀蘭 贺若 賀若 沮渠 秃发 禿髮 纳兰 納蘭 那拉 完颜 完顏
   耶律 淳于 单于 單于 屈突 北宫 北宮 司城 即墨 乌孙 烏孫 남궁 황보 제갈 선우 독고 사공 서문 동방`
    .trim()
    .split(/\s+/),
);
