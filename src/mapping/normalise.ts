import type { Json } from "../lib/json.ts";
import type { NormaliserForm, PlainNormaliser } from "./normalise-form.ts";
import * as change from "./text/change.ts";
import { FunctionError, maxTextLength, startWork } from "./text/limit.ts";
import { splitName } from "./text/name.ts";
import { compilePattern } from "./text/pattern.ts";
import { toE164 } from "./text/phone.ts";
import { defaultPinyin, toPinyin } from "./text/pinyin.ts";
import { toSlug } from "./text/slug.ts";

/** One step of `normalise`, ready to run. */
export interface Normaliser {
  /** As a person reads it in a preview: `e164`, `truncate {"bytes":64}`. */
  readonly name: string;
  /** The changed value; undefined where there is none any more. Lists are changed item by item. Never throws. */
  apply(value: Json): Json | undefined;
}

export function makeNormalisers(forms: readonly NormaliserForm[]): readonly Normaliser[] {
  return forms.map((form) => {
    const work = typeof form === "string" ? plain[form] : withOptions(form);
    return { name: nameOf(form), apply: (value) => changeValue(work, value) };
  });
}

type Change = (text: string) => string | null;

function nameOf(form: NormaliserForm): string {
  if (typeof form === "string") return form;
  const [name, options] = Object.entries(form)[0] ?? [];
  return `${name} ${JSON.stringify(options)}`;
}

// What is not text stays as it is, except that a number has a text too: a telephone number may come as one.
function changeValue(work: Change, value: Json): Json | undefined {
  if (typeof value === "string") return changeText(work, value);
  if (!Array.isArray(value)) return value;
  return value.flatMap((item: Json) => {
    const changed = typeof item === "string" ? changeText(work, item) : item;
    return changed === undefined ? [] : [changed];
  });
}

function changeText(work: Change, text: string): string | undefined {
  if (text.length > maxTextLength) return undefined;
  startWork();
  try {
    const result = work(text);
    return result === null || result.length > maxTextLength ? undefined : result;
  } catch (error) {
    if (error instanceof FunctionError) return undefined;
    throw error;
  }
}

const plain: Readonly<Record<PlainNormaliser, Change>> = {
  trim: (text) => text.trim(),
  collapse: change.collapse,
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  titleCase: (text) => change.capitalise(text),
  halfwidth: change.toHalfWidth,
  nfkc: (text) => text.normalize("NFKC"),
  digits: change.digits,
  ascii: change.withoutAccents,
  slug: toSlug,
  e164: (text) => toE164(text, "CN"),
  localPart: change.localPart,
  domain: change.domainPart,
  familyName: (text) => splitName(text).family,
  givenName: (text) => splitName(text).given,
  pinyin: (text) => toPinyin(text),
};

function withOptions(form: Exclude<NormaliserForm, string>): Change {
  const { e164, pinyin, truncate, replace, extract, withDomain, titleCase } = form;
  if (e164) return (text) => toE164(text, e164.region ?? "CN") ?? (e164.invalid === "keep" ? text : null);
  if (pinyin) {
    const options = { ...defaultPinyin, ...withoutUndefined(pinyin) };
    return (text) => toPinyin(text, options);
  }
  if (truncate) {
    return "bytes" in truncate
      ? (text) => change.truncateBytes(text, truncate.bytes)
      : (text) => change.truncateCharacters(text, truncate.characters);
  }
  if (replace) {
    if ("text" in replace) return (text) => replaceText(text, replace.text, replace.with);
    const pattern = compilePattern(replace.pattern);
    return (text) => pattern.replace(text, replace.with);
  }
  if (extract) {
    const pattern = compilePattern(extract.pattern);
    const { group } = extract;
    return group === undefined
      ? (text) => pattern.extract(text, 1) ?? pattern.extract(text, 0)
      : (text) => pattern.extract(text, group);
  }
  if (withDomain !== undefined) return (text) => change.withDomain(text, withDomain);
  return (text) => change.capitalise(text, titleCase?.separators ?? null);
}

function replaceText(text: string, find: string, replacement: string): string | null {
  const parts = text.split(find);
  const length = text.length + (parts.length - 1) * (replacement.length - find.length);
  return length > maxTextLength ? null : parts.join(replacement);
}

function withoutUndefined<T extends object>(options: T): { readonly [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]: Exclude<T[K], undefined>;
  };
}
