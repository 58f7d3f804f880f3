import { collapse, withoutAccents } from "./change.ts";
import { defaultPinyin, toPinyin } from "./pinyin.ts";

/** ASCII letters and digits in lower case, joined by hyphens: `Zoë Müller` is zoe-muller, 技术部 is jishubu. */
export function toSlug(text: string): string {
  const latin = /\p{Script=Han}/u.test(text)
    ? collapse(text)
        .split(/(?<=\p{Script=Han})(?!\p{Script=Han})|(?<!\p{Script=Han})(?=\p{Script=Han})/u)
        .map((run) => (/\p{Script=Han}/u.test(run) ? toPinyin(run, defaultPinyin) : run))
        .join("-")
    : text;
  return withoutAccents(latin.normalize("NFKC"))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
