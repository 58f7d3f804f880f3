// Changes to text that need nothing but the text. All are total: they never throw.

/** Full-width letters, digits, signs and spaces to ASCII: U+FF01–U+FF5E are ASCII in the same order, U+3000 is the space. */
export function toHalfWidth(text: string): string {
  return text.replace(/[\uFF01-\uFF5E\u3000]/g, (character) =>
    character === "\u3000" ? " " : String.fromCharCode(character.charCodeAt(0) - 0xfee0),
  );
}

/** Blanks at both ends away, runs of blanks inside become one space. */
export function collapse(text: string): string {
  return text.trim().replace(/\s+/gu, " ");
}

/** Only the digits 0–9, full-width ones as ASCII. */
export function digits(text: string): string {
  return toHalfWidth(text).replace(/[^0-9]/g, "");
}

/** Letters without their accents: Zoë is Zoe, Łukasz is Lukasz, Straße is Strasse. Other scripts stay as they are. */
export function withoutAccents(text: string): string {
  return text
    .replace(/[ÆæŒœØøßẞŁłĐđÐðÞþıŊŋ]/g, (letter) => noDecomposition[letter] ?? letter)
    .normalize("NFD")
    .replace(/(\p{Script=Latin})\p{M}+/gu, "$1")
    .normalize("NFC");
}

// Letters that Unicode does not take apart.
const noDecomposition: Readonly<Record<string, string>> = {
  Æ: "AE", æ: "ae", Œ: "OE", œ: "oe", Ø: "O", ø: "o", ß: "ss", ẞ: "SS", Ł: "L", ł: "l", Đ: "D", đ: "d",
  Ð: "D", ð: "d", Þ: "Th", þ: "th", ı: "i", Ŋ: "N", ŋ: "n",
}; // biome-ignore format: pairs

/** The first letter of each word in upper case, the others in lower case. Without separators all but letters and digits part words. */
export function capitalise(text: string, separators: string | null = null): string {
  let isStart = true;
  let result = "";
  for (const character of text) {
    const parts = separators === null ? !/[\p{L}\p{N}\p{M}]/u.test(character) : separators.includes(character);
    result += isStart && !parts ? character.toUpperCase() : character.toLowerCase();
    isStart = parts;
  }
  return result;
}

/** What stands before the last @; the whole text where there is none. */
export function localPart(address: string): string {
  const at = address.lastIndexOf("@");
  return at === -1 ? address : address.slice(0, at);
}

/** What stands behind the last @; empty where there is none. */
export function domainPart(address: string): string {
  const at = address.lastIndexOf("@");
  return at === -1 ? "" : address.slice(at + 1);
}

/** The address at another domain; a text without @ becomes the local part. Empty stays empty. */
export function withDomain(address: string, domain: string): string {
  const local = localPart(address);
  return local === "" ? "" : `${local}@${domain}`;
}

/** At most so many characters, as people count them: an emoji or a letter with its accent is never cut in two. */
export function truncateCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  let end = 0;
  let passed = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    if (passed === count) return text.slice(0, end);
    end = index + segment.length;
    passed += 1;
  }
  return text;
}

/** At most so many bytes of UTF-8; characters stay whole. */
export function truncateBytes(text: string, count: number): string {
  if (Buffer.byteLength(text) <= count) return text;
  let end = 0;
  let used = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    used += Buffer.byteLength(segment);
    if (used > count) return text.slice(0, end);
    end = index + segment.length;
  }
  return text;
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The nth word, from 1; words are parted by any of these characters. Empty where there is none. */
export function word(text: string, number: number, separators: string): string {
  const words: string[] = [];
  let current = "";
  for (const character of text) {
    if (!separators.includes(character)) current += character;
    else if (current !== "") {
      words.push(current);
      current = "";
    }
  }
  if (current !== "") words.push(current);
  return words[number - 1] ?? "";
}
