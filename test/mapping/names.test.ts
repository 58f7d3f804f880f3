import { describe, expect, test } from "vitest";
import { truncateBytes, truncateCharacters, withoutAccents } from "../../src/mapping/text/change.ts";
import { splitName } from "../../src/mapping/text/name.ts";
import { toE164 } from "../../src/mapping/text/phone.ts";
import { defaultPinyin, toPinyin } from "../../src/mapping/text/pinyin.ts";
import { toSlug } from "../../src/mapping/text/slug.ts";

describe("a name in two parts", () => {
  test.each([
    ["张三", "张", "三"],
    ["王小明", "王", "小明"],
    ["欧阳娜娜", "欧阳", "娜娜"],
    ["司马光", "司马", "光"],
    ["歐陽修", "歐陽", "修"],
    ["尉迟恭", "尉迟", "恭"],
    ["万俟卨", "万俟", "卨"],
    ["司马", "司", "马"],
    ["李", "李", ""],
    ["陈方安生", "陈", "方安生"],
    ["欧阳 娜娜", "欧阳", "娜娜"],
    ["张 三", "张", "三"],
    ["阿卜杜拉·买买提", "买买提", "阿卜杜拉"],
    ["张三(北京)", "张", "三"],
    ["Jack 张三", "张", "三"],
    ["김민수", "김", "민수"],
    ["남궁민수", "남궁", "민수"],
    ["John Smith", "Smith", "John"],
    ["John Ronald Reuel Tolkien", "Tolkien", "John Ronald Reuel"],
    ["Ludwig van Beethoven", "van Beethoven", "Ludwig"],
    ["Smith, John", "Smith", "John"],
    ["Jack (Sales)", "", "Jack"],
    ["  Madonna ", "", "Madonna"],
    ["", "", ""],
    ["𠮷田太郎", "𠮷", "田太郎"],
  ])("%s", (name, family, given) => {
    expect(splitName(name)).toEqual({ family, given });
  });
});

describe("pinyin", () => {
  test.each([
    ["单田芳", "shan tian fang"],
    ["仇英", "qiu ying"],
    ["解晓东", "xie xiao dong"],
    ["曾国藩", "zeng guo fan"],
    ["查良镛", "zha liang yong"],
    ["尉迟恭", "yu chi gong"],
    ["万俟卨", "mo qi xie"],
    ["任我行", "ren wo xing"],
    ["区小明", "ou xiao ming"],
    ["朴智星", "piao zhi xing"],
    ["盖叫天", "ge jiao tian"],
    ["令狐冲", "ling hu chong"],
    ["吕布", "lv bu"],
    ["张三 Jack", "zhang san jack"],
    ["Jack", "jack"],
  ])("%s is %s", (name, expected) => {
    expect(toPinyin(name, { ...defaultPinyin, separator: " " })).toBe(expected);
  });

  test.each([
    [{}, "ouyangnana"],
    [{ style: "initials" }, "oynn"],
    [{ part: "family", case: "title" }, "Ouyang"],
    [{ part: "given", case: "title" }, "Nana"],
    [{ part: "given", style: "initials", case: "upper" }, "NN"],
    [{ tones: "marks", separator: " ", case: "title" }, "Ōu Yáng Nà Nà"],
    [{ tones: "numbers", separator: "-" }, "ou1-yang2-na4-na4"],
  ] as const)("of 欧阳娜娜 with %j is %s", (options, expected) => {
    expect(toPinyin("欧阳娜娜", { ...defaultPinyin, ...options })).toBe(expected);
  });

  test("a given name is read behind its surname, not as one", () => {
    expect(toPinyin("王单", { ...defaultPinyin, part: "given" })).toBe("dan");
    expect(toPinyin("单王", { ...defaultPinyin, part: "family" })).toBe("shan");
  });

  test("ü is written as told", () => {
    expect(["v", "u", "yu"].map((umlaut) => toPinyin("吕布", { ...defaultPinyin, umlaut: umlaut as "v" }))).toEqual([
      "lvbu",
      "lubu",
      "lyubu",
    ]);
    expect(toPinyin("吕布", { ...defaultPinyin, tones: "marks" })).toBe("lǚbù");
  });
});

describe("telephone numbers", () => {
  test.each([
    ["13800000000", "+8613800000000"],
    ["+86 138-0000-0000", "+8613800000000"],
    ["（010）1234 5678", "+861012345678"],
    ["010-12345678-801", "+861012345678"],
    ["02012345678,123", "+862012345678"],
    ["００８６１３８００００００００", "+8613800000000"],
    ["+1 415 555 2671", "+14155552671"],
    ["1234", null],
    ["ask the desk", null],
    ["", null],
  ])("%s of China is %s", (text, expected) => {
    expect(toE164(text, "CN")).toBe(expected);
  });

  test("the region is that of numbers without a country", () => {
    expect(toE164("2345 6789", "HK")).toBe("+85223456789");
    expect(toE164("+8613800000000", "HK")).toBe("+8613800000000");
  });
});

describe("text", () => {
  test("is cut between characters, never within one", () => {
    expect(truncateCharacters("👨‍👩‍👧技术", 2)).toBe("👨‍👩‍👧技");
    expect(truncateBytes("技术部", 8)).toBe("技术");
    expect(truncateBytes("👨‍👩‍👧", 10)).toBe("");
    expect(truncateBytes("abc", 3)).toBe("abc");
  });

  test("loses its accents, other scripts do not", () => {
    expect(withoutAccents("Zoë Øster Łódź Straße Ệ がぎ 한글 张")).toBe("Zoe Oster Lodz Strasse E がぎ 한글 张");
  });

  test("becomes a slug", () => {
    expect(["技术部", "R&D 研发", "Ｚoë  Müller", "--a__b--", "🙂"].map(toSlug)).toEqual([
      "jishubu",
      "r-d-yanfa",
      "zoe-muller",
      "a-b",
      "",
    ]);
  });
});
