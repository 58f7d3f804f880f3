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
