import { CsvError } from "./csv-error.ts";

/**
 * The text of a CSV file, without its byte order mark: UTF-8, UTF-16 where a mark says so, else GB18030, in which a
 * Chinese Excel writes "CSV".
 *
 * @throws {CsvError} for a workbook, and for bytes that are no text in any of these
 */
export function decodeCsv(bytes: Uint8Array): string {
  if (workbooks.some((magic) => startsWith(bytes, magic))) {
    throw new CsvError(`This is an Excel workbook and no CSV file. ${howToSave}`);
  }
  const marked = marks.find(({ mark }) => startsWith(bytes, mark));
  const text = marked ? decodeAs(bytes, marked.encoding) : decodeUnmarked(bytes);
  // UTF-16 without a mark is good UTF-8, but for the NULs between its letters.
  if (text.includes("\0")) {
    throw new CsvError(`This file is not text in UTF-8, UTF-16 with a byte order mark, or GB18030. ${howToSave}`);
  }
  return text;
}

function decodeUnmarked(bytes: Uint8Array): string {
  const asUtf8 = decodeIfGood(bytes, "utf-8");
  if (asUtf8 !== null) return asUtf8;
  if (isMostlyUtf8(bytes)) return decodeAs(bytes, "utf-8");
  const text = decodeAs(bytes, "gb18030");
  // GB18030 has bytes for U+FFFD too. Whoever wrote them had lost the character before.
  if (text.includes(lost)) throw notText("gb18030", text);
  return text;
}

function decodeAs(bytes: Uint8Array, encoding: Encoding): string {
  const text = decodeIfGood(bytes, encoding);
  if (text === null) throw notText(encoding, new TextDecoder(encoding).decode(bytes));
  return text;
}

function decodeIfGood(bytes: Uint8Array, encoding: Encoding): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/**
 * Whether a few bytes only keep a file from being UTF-8. GB18030 would make other characters of such a file, often
 * without one that is wrong; what is written in GB18030 has hardly any three bytes that are a character of UTF-8.
 */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder("utf-8").decode(bytes);
  const bad = text.split(lost).length - 1;
  const good = text.match(/[\u0800-\ufffc]/g)?.length ?? 0;
  return good > bad;
}

function notText(encoding: Encoding, text: string): CsvError {
  const line = (text.slice(0, text.indexOf(lost)).match(/\r\n?|\n/g)?.length ?? 0) + 1;
  return new CsvError(`Line ${line} is not text in ${encodingNames[encoding]}. ${howToSave}`);
}

/** What stands for bytes that are no character. */
const lost = "\ufffd";

type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "gb18030";

const encodingNames: Readonly<Record<Encoding, string>> = {
  "utf-8": "UTF-8, in which the rest of the file is",
  "utf-16le": "UTF-16, which the file begins as",
  "utf-16be": "UTF-16, which the file begins as",
  gb18030: "GB18030, and the file is not UTF-8 either",
};

const howToSave = 'In Excel or WPS choose "Save as", type "CSV UTF-8 (comma delimited)", and upload that file.';

// ZIP is what .xlsx is made of; OLE is .xls.
const workbooks: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  [0xd0, 0xcf, 0x11, 0xe0],
];

const marks: readonly { readonly mark: readonly number[]; readonly encoding: Encoding }[] = [
  { mark: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { mark: [0xff, 0xfe], encoding: "utf-16le" },
  { mark: [0xfe, 0xff], encoding: "utf-16be" },
];

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}
