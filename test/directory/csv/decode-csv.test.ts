import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvError } from "../../../src/directory/csv/csv-error.ts";
import { decodeCsv } from "../../../src/directory/csv/decode-csv.ts";

const text = "账号,姓名\nzhangsan,张三\n";
const utf8 = new TextEncoder().encode(text);
const utf16le = Buffer.from(text, "utf16le");
const join = (...parts: readonly Iterable<number>[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
// "账号,张三" as a Chinese Excel saves it.
const gb18030 = Uint8Array.from([0xd5, 0xcb, 0xba, 0xc5, 0x2c, 0xd5, 0xc5, 0xc8, 0xfd]);

describe("decoding a CSV file", () => {
  it("reads UTF-8 with and without a byte order mark", () => {
    expect(decodeCsv(utf8)).toBe(text);
    expect(decodeCsv(join([0xef, 0xbb, 0xbf], utf8))).toBe(text);
    expect(decodeCsv(new Uint8Array())).toBe("");
  });

  it("reads UTF-16 with a byte order mark", () => {
    expect(decodeCsv(join([0xff, 0xfe], utf16le))).toBe(text);
    expect(decodeCsv(join([0xfe, 0xff], Buffer.from(utf16le).swap16()))).toBe(text);
  });

  it("reads what a Chinese Excel writes", () => {
    expect(decodeCsv(gb18030)).toBe("账号,张三");
  });

  it.each([
    ["a workbook", [0x50, 0x4b, 0x03, 0x04, 0x14], "Excel workbook"],
    ["an old workbook", [0xd0, 0xcf, 0x11, 0xe0, 0xa1], "Excel workbook"],
    ["UTF-16 without a mark", utf16le, "not text"],
    ["letters of UTF-16 with NULs", [0x61, 0x00, 0x62, 0x00], "not text"],
    ["half a UTF-16 character", [0xff, 0xfe, 0x41], "not text"],
    ["broken UTF-8 after its mark", [0xef, 0xbb, 0xbf, 0xd5, 0xcb], "not text"],
    ["bytes that are no text", [0xff, 0xff, 0x00], "not text"],
  ])("refuses %s and says what to do", (_, bytes, reason) => {
    const decode = () => decodeCsv(Uint8Array.from(bytes));
    expect(decode).toThrow(CsvError);
    expect(decode).toThrow(new RegExp(`${reason}.*Save as.*CSV UTF-8`));
  });

  it.each([
    ["bytes that are no GB18030", [...gb18030, 0x0d, 0x0a, 0x61, 0x0d, 0xff], 3, "GB18030"],
    ["half a character at the end", [...gb18030, 0x0a, 0xd5], 2, "GB18030"],
    ["a character that was lost before", [...gb18030, 0x0a, 0x0a, 0x84, 0x31, 0xa4, 0x37], 3, "GB18030"],
    // E5 BC A0, and the same without its end: GB18030 would make other characters of them.
    ["UTF-8 with a character cut off", [...utf8, 0xe5, 0xbc, 0xa0, 0xe4, 0xb8, 0x2c, 0x61], 3, "UTF-8"],
    ["UTF-8 that would be good GB18030", [...utf8, 0xe5, 0xbc, 0xa0, 0xa0, 0x0a], 3, "UTF-8"],
    ["broken UTF-8 after its mark", [0xef, 0xbb, 0xbf, 0x0a, 0xd5, 0xcb], 2, "UTF-8"],
  ])("names the line of %s", (_, bytes, line, encoding) => {
    expect(() => decodeCsv(Uint8Array.from(bytes))).toThrow(
      new RegExp(`^Line ${line} is not text in ${encoding}\\b.*CSV UTF-8`),
    );
  });

  it("gives any text back, and throws nothing but CsvError for any bytes", () => {
    const readable = fc.string({ unit: "grapheme" }).filter((value) => !/[\0\ufeff]/.test(value) && !/^PK/.test(value));
    fc.assert(
      fc.property(readable, (value) => {
        expect(decodeCsv(new TextEncoder().encode(value))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          expect(decodeCsv(bytes)).toBeTypeOf("string");
        } catch (error) {
          expect(error).toBeInstanceOf(CsvError);
        }
      }),
    );
  });
});
