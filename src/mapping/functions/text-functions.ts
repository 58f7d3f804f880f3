import * as change from "../text/change.ts";
import { FunctionError } from "../text/limit.ts";
import { splitName } from "../text/name.ts";
import { compilePattern } from "../text/pattern.ts";
import { isRegion, toE164 } from "../text/phone.ts";
import { toPinyin } from "../text/pinyin.ts";
import { toSlug } from "../text/slug.ts";
import { uuidOf } from "../text/uuid-of.ts";
import type { CelFunction } from "./function.ts";
import { pinyinOptions } from "./pinyin-options.ts";

/** Functions on texts. */
export const textFunctions: readonly CelFunction[] = [
  {
    signature: "string.lower(): string",
    description: "Lower case.",
    example: ['"Ärger".lower()', "ärger"],
    handler: (text: string) => text.toLowerCase(),
  },
  {
    signature: "string.upper(): string",
    description: "Upper case.",
    example: ['"straße".upper()', "STRASSE"],
    handler: (text: string) => text.toUpperCase(),
  },
  {
    signature: "string.titleCase(): string",
    description: "The first letter of each word in upper case, the others in lower case.",
    example: ['"PABLO GONSALVES (SECOND)".titleCase()', "Pablo Gonsalves (Second)"],
    handler: (text: string) => change.capitalise(text),
  },
  {
    signature: "string.titleCase(string): string",
    description: "The same; only these characters part words.",
    example: ['"PINTO-DE\'SILVA".titleCase(" \'-")', "Pinto-De'Silva"],
    handler: (text: string, separators: string) => change.capitalise(text, separators),
  },
  {
    signature: "string.collapse(): string",
    description: "Blanks at both ends away, runs of blanks inside become one space.",
    example: ['"  a   b ".collapse()', "a b"],
    handler: change.collapse,
  },
  {
    signature: "string.halfwidth(): string",
    description: "Full-width letters, digits and signs to ASCII.",
    example: ['"ＡＢ１２".halfwidth()', "AB12"],
    handler: change.toHalfWidth,
  },
  {
    signature: "string.nfkc(): string",
    description: "Unicode normalisation form NFKC: one spelling for characters that mean the same.",
    example: ['"ﬁ①".nfkc()', "fi1"],
    handler: (text: string) => text.normalize("NFKC"),
  },
  {
    signature: "string.digits(): string",
    description: "Only the digits.",
    example: ['"010-1234 5678".digits()', "01012345678"],
    handler: change.digits,
  },
  {
    signature: "string.ascii(): string",
    description: "Letters without their accents.",
    example: ['"Zoë Łukasz".ascii()', "Zoe Lukasz"],
    handler: change.withoutAccents,
  },
  {
    signature: "string.slug(): string",
    description: "ASCII letters and digits in lower case joined by hyphens, Chinese as pinyin.",
    example: ['"技术部 R&D".slug()', "jishubu-r-d"],
    handler: toSlug,
  },
  {
    signature: "string.e164(string): string",
    description:
      "A telephone number in E.164; without a country it belongs to this region. What is no number gives no value.",
    example: ['"138 0000 0000".e164("CN")', "+8613800000000"],
    handler(text: string, region: string) {
      if (!isRegion(region)) throw new FunctionError("a region has two letters, as CN");
      const number = toE164(text, region);
      if (number === null) throw new FunctionError("not a telephone number");
      return number;
    },
  },
  {
    signature: "string.localPart(): string",
    description: "What stands before the @ of an address.",
    example: ['"li.si@example.com".localPart()', "li.si"],
    handler: change.localPart,
  },
  {
    signature: "string.domain(): string",
    description: "What stands behind the @ of an address.",
    example: ['"li.si@example.com".domain()', "example.com"],
    handler: change.domainPart,
  },
  {
    signature: "string.withDomain(string): string",
    description: "The address at another domain.",
    example: ['"li.si@old.example.com".withDomain("example.com")', "li.si@example.com"],
    handler: change.withDomain,
  },
  {
    signature: "string.familyName(): string",
    description: "The family name; knows compound surnames.",
    example: ['["欧阳娜娜", "张三", "John van Dyke"].map(n, n.familyName())', ["欧阳", "张", "van Dyke"]],
    handler: (text: string) => splitName(text).family,
  },
  {
    signature: "string.givenName(): string",
    description: "The given name.",
    example: ['["欧阳娜娜", "张三", "John van Dyke"].map(n, n.givenName())', ["娜娜", "三", "John"]],
    handler: (text: string) => splitName(text).given,
  },
  {
    signature: "string.pinyin(): string",
    description: "Chinese characters in pinyin, without tones, the first ones read as a surname.",
    example: ['"单田芳".pinyin()', "shantianfang"],
    handler: (text: string) => toPinyin(text),
  },
  {
    signature: "string.pinyin(map): string",
    description: "The same with options: part, style, tones, separator, case, umlaut (as of the normaliser).",
    example: ['"尉迟敬德".pinyin({"part": "family", "case": "title"})', "Yuchi"],
    handler: (text: string, options: object) => toPinyin(text, pinyinOptions(options)),
  },
  {
    signature: "string.left(int): string",
    description: "The first characters.",
    example: ['"John Doe".left(3)', "Joh"],
    handler: (text: string, count: bigint) => (count < 0n ? text : [...text].slice(0, Number(count)).join("")),
  },
  {
    signature: "string.mid(int, int): string",
    description: "So many characters from a place on, which counts from 1.",
    example: ['"engineering".mid(3, 4)', "gine"],
    handler(text: string, start: bigint, length: bigint) {
      const from = Math.max(0, Number(start) - 1);
      return [...text].slice(from, from + Math.max(0, Number(length))).join("");
    },
  },
  {
    signature: "string.word(int, string): string",
    description: "The nth word, from 1; words are parted by any of these characters.",
    example: ['"This,string!has&many separators".word(3, ",!&#")', "has"],
    handler: (text: string, number: bigint, separators: string) => change.word(text, Number(number), separators),
  },
  {
    signature: "string.truncate(int): string",
    description: "At most so many characters, as people count them.",
    example: ['"技术部👨‍👩‍👧组".truncate(4)', "技术部👨‍👩‍👧"],
    handler: (text: string, count: bigint) => change.truncateCharacters(text, Math.max(0, Number(count))),
  },
  {
    signature: "string.truncateBytes(int): string",
    description: "At most so many bytes of UTF-8; characters stay whole.",
    example: ['"技术部".truncateBytes(7)', "技术"],
    handler: (text: string, count: bigint) => change.truncateBytes(text, Math.max(0, Number(count))),
  },
  {
    signature: "string.replace(string, string): string",
    description: "Every occurrence of a text replaced.",
    example: ['"a.b.c".replace(".", "-")', "a-b-c"],
    handler(text: string, find: string, replacement: string) {
      const count = find === "" ? 0 : text.split(find).length - 1;
      if (text.length + count * (replacement.length - find.length) > 10_000) throw new FunctionError("too long");
      return find === "" ? text : text.replaceAll(find, () => replacement);
    },
  },
  {
    signature: "string.replacePattern(string, string): string",
    description: "Every match of a regular expression (RE2) replaced; $1 stands for the first group.",
    example: ['"john_doe72".replacePattern("[a-zA-Z_]+", "")', "72"],
    handler: (text: string, pattern: string, replacement: string) => compilePattern(pattern).replace(text, replacement),
  },
  {
    signature: "string.extract(string): string",
    description:
      "The first group of the first match of a regular expression (RE2), or the whole match. No match: no value.",
    example: ['"工号: B-0042".extract("([A-Z])-\\\\d+")', "B"],
    handler(text: string, pattern: string) {
      const compiled = compilePattern(pattern);
      return found(compiled.extract(text, 1) ?? compiled.extract(text, 0));
    },
  },
  {
    signature: "string.extract(string, int): string",
    description: "A group of the first match; 0 is the whole match.",
    example: ['"2024-03-01".extract("(\\\\d+)-(\\\\d+)", 2)', "03"],
    handler: (text: string, pattern: string, group: bigint) =>
      found(compilePattern(pattern).extract(text, Number(group))),
  },
  {
    signature: "string.base64(): string",
    description: "The bytes of the text in UTF-8, as base64.",
    example: ['"Hello world!".base64()', "SGVsbG8gd29ybGQh"],
    handler: (text: string) => Buffer.from(text, "utf8").toString("base64"),
  },
  {
    signature: "string.base64Utf16(): string",
    description: "The bytes of the text in UTF-16 (little endian), as base64.",
    example: ['"Hello world!".base64Utf16()', "SABlAGwAbABvACAAdwBvAHIAbABkACEA"],
    handler: (text: string) => Buffer.from(text, "utf16le").toString("base64"),
  },
  {
    signature: "string.hex(): string",
    description: "The bytes of the text in UTF-8, in hexadecimal.",
    example: ['"Hello world!".hex()', "48656C6C6F20776F726C6421"],
    handler: (text: string) => Buffer.from(text, "utf8").toString("hex").toUpperCase(),
  },
  {
    signature: "uuid(string): string",
    description: "A UUID made from the text: the same text always has the same one.",
    example: ['uuid("zhangsan")', "cc57c1ae-e137-586c-b0b1-357f279daf1c"],
    handler: uuidOf,
  },
];

function found(text: string | null): string {
  if (text === null) throw new FunctionError("no match");
  return text;
}
