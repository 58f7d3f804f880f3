import { z } from "zod";
import { pinyinChoices } from "./functions/pinyin-options.ts";
import { FunctionError } from "./text/limit.ts";
import { compilePattern } from "./text/pattern.ts";
import { isRegion } from "./text/phone.ts";

/** Normalisers that are told by their name alone, with what each does. */
export const plainNormalisers = {
  trim: "Blanks at both ends away.",
  collapse: "Blanks at both ends away, runs of blanks inside become one space.",
  lower: "Lower case.",
  upper: "Upper case.",
  titleCase: "The first letter of each word in upper case, the others in lower case.",
  halfwidth: "Full-width letters, digits and signs to ASCII.",
  nfkc: "Unicode normalisation form NFKC.",
  digits: "Only the digits.",
  ascii: "Letters without their accents.",
  slug: "ASCII letters and digits in lower case joined by hyphens, Chinese as pinyin.",
  e164: "A telephone number in E.164, of China where it names no country. What is no number gives no value.",
  localPart: "What stands before the @ of an address.",
  domain: "What stands behind the @ of an address.",
  familyName: "The family name of a name; knows compound surnames.",
  givenName: "The given name of a name.",
  pinyin: "Chinese characters in pinyin, without tones, the first ones read as a surname.",
} as const;

export type PlainNormaliser = keyof typeof plainNormalisers;

const plainNames = Object.keys(plainNormalisers) as [PlainNormaliser, ...PlainNormaliser[]];

const pattern = z
  .string()
  .min(1)
  .check(({ value, issues }) => {
    const message = problemOf(() => compilePattern(value));
    if (message !== null) issues.push({ code: "custom", input: value, message });
  })
  .describe("A regular expression in the syntax of RE2.");

const region = z
  .string()
  .refine((value) => /^[A-Z]{2}$/.test(value) && isRegion(value), "a region in two letters, as CN")
  .describe("The region of numbers without a country: CN, HK, TW, SG, US, …");

const options = {
  e164: z
    .strictObject({
      region: region.optional(),
      invalid: z
        .enum(["drop", "keep"], "write drop or keep")
        .optional()
        .describe("What is no number: drop (default) gives no value, keep leaves the text."),
    })
    .describe("A telephone number in E.164 with another region than CN."),
  pinyin: z
    .strictObject({
      part: z
        .enum(pinyinChoices.part)
        .optional()
        .describe("all (default), or of a name its family or given name alone."),
      style: z.enum(pinyinChoices.style).optional().describe("full (default) syllables, or initials."),
      tones: z.enum(pinyinChoices.tones).optional().describe("none (default), marks (zhāng) or numbers (zhang1)."),
      separator: z.string().max(10).optional().describe("What stands between syllables; default nothing."),
      case: z.enum(pinyinChoices.case).optional().describe("lower (default), upper or title."),
      umlaut: z
        .enum(pinyinChoices.umlaut)
        .optional()
        .describe("How ü is written: v (default), u, or yu as in passports."),
    })
    .describe("Pinyin with options."),
  truncate: z
    .union(
      [
        z.strictObject({ characters: z.int().min(1).max(10_000) }),
        z.strictObject({ bytes: z.int().min(1).max(10_000) }),
      ],
      'write { "characters": 20 } or { "bytes": 64 }',
    )
    .describe("At most so many characters, or bytes of UTF-8; characters stay whole."),
  replace: z
    .union(
      [
        z.strictObject({ text: z.string().min(1), with: z.string().max(1_000) }),
        z.strictObject({ pattern, with: z.string().max(1_000) }),
      ],
      'write { "text": "…", "with": "…" } or { "pattern": "…", "with": "…" } with a pattern of RE2',
    )
    .describe("Every occurrence of a text, or match of a pattern ($1 is its first group), replaced."),
  extract: z
    .strictObject({
      pattern,
      group: z.int().min(0).max(20).optional().describe("0 is the whole match; default 1, or 0 without groups."),
    })
    .describe("The part of the text that a pattern finds. No match: no value."),
  withDomain: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^@\s]+$/, "a domain, without @")
    .describe("The address at this domain."),
  titleCase: z
    .strictObject({ separators: z.string().min(1).max(100) })
    .describe("Title case where only these characters part words."),
} as const;

/** Normalisers with options: an object with one key. */
export const optionNormalisers = options;

export const optionNames = Object.keys(options) as readonly (keyof typeof options)[];

const withOptions = z
  .strictObject({
    e164: options.e164.optional(),
    pinyin: options.pinyin.optional(),
    truncate: options.truncate.optional(),
    replace: options.replace.optional(),
    extract: options.extract.optional(),
    withDomain: options.withDomain.optional(),
    titleCase: options.titleCase.optional(),
  })
  .refine((step) => Object.keys(step).length === 1, "a normaliser has exactly one name")
  .meta({ minProperties: 1, maxProperties: 1 });

/** One normaliser: its name, or an object with its name and its options. */
export const normaliserForm = z.union([z.enum(plainNames), withOptions]).meta({ id: "normaliser" });

export type NormaliserForm = z.infer<typeof normaliserForm>;

export const normaliserNames: readonly string[] = [...new Set([...plainNames, ...optionNames])];

function problemOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    return error.message;
  }
}
