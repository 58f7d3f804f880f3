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
  const text = firstText(bytes, marked ? [marked.encoding] : ["utf-8", "gb18030"]);
  // UTF-16 without a mark is good UTF-8, but for the NULs between its letters.
  if (text === null || text.includes("\0")) {
    throw new CsvError(`This file is not text in UTF-8, UTF-16 with a byte order mark, or GB18030. ${howToSave}`);
  }
  return text;
}

const howToSave = 'In Excel or WPS choose "Save as", type "CSV UTF-8 (comma delimited)", and upload that file.';

// ZIP is what .xlsx is made of; OLE is .xls.
const workbooks: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  [0xd0, 0xcf, 0x11, 0xe0],
];

const marks: readonly { readonly mark: readonly number[]; readonly encoding: string }[] = [
  { mark: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { mark: [0xff, 0xfe], encoding: "utf-16le" },
  { mark: [0xfe, 0xff], encoding: "utf-16be" },
];

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}

function firstText(bytes: Uint8Array, encodings: readonly string[]): string | null {
  for (const encoding of encodings) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return null;
}
