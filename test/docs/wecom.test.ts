import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { knownErrcodes, meaningOf, type Reaction } from "../../src/source/wecom/errcodes.ts";
import { projectDir } from "../support/imports.ts";

// docs/wecom.md and docs/wecom.zh.md: the two say the same, and of errors what the program does.

const read = (name: string): string => readFileSync(`${projectDir}/docs/${name}`, "utf8");
const pages = { en: read("wecom.md"), zh: read("wecom.zh.md") } as const;

const words: Readonly<Record<Reaction, { readonly en: string; readonly zh: string }>> = {
  "renew-token": { en: "new token", zh: "换新令牌" },
  retry: { en: "again", zh: "重试" },
  wait: { en: "waits", zh: "等待" },
  "slow-down": { en: "slower", zh: "降并发" },
  object: { en: "left out", zh: "跳过" },
  connection: { en: "stops", zh: "停止" },
  bug: { en: "stops: a fault", zh: "停止（程序缺陷）" },
};

interface Row {
  readonly errcode: number;
  readonly does: string;
  readonly says: string;
  readonly advice: string;
}

/** The rows of the table of errcodes, one for each code. */
function errcodes(page: string): readonly Row[] {
  const rows = [...page.matchAll(/^\| (-?\d+(?:, -?\d+)*) \| (.+?) \| (.+?) \| (.+?) \|$/gm)];
  return rows.flatMap(([, codes = "", does = "", says = "", advice = ""]) =>
    codes.split(", ").map((code) => ({ errcode: Number(code), does, says, advice })),
  );
}

const headings = (page: string) =>
  [...page.matchAll(/^(#+) (.+)$/gm)].map(([, level = "", text = ""]) => ({ level, text }));
const blocks = (page: string) => [...page.matchAll(/^```\w*\n[\s\S]*?^```$/gm)].map(([block]) => block);
/** Names of settings, routes and codes. */
const literals = (page: string) => [...new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text))].sort();
/** As GitHub makes anchors of headings. */
const anchorOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

describe("the pages about connecting WeCom", () => {
  it.each(["en", "zh"] as const)("have each errcode that the program knows, with what it does: %s", (language) => {
    const rows = errcodes(pages[language]);
    const byCode = (a: Row, b: Row) => a.errcode - b.errcode;
    const told = [...rows].sort(byCode).map(({ errcode, does }) => [errcode, does]);
    const known = [...knownErrcodes].sort((a, b) => a - b);
    expect(told).toEqual(known.map((code) => [code, words[meaningOf(code).reaction][language]]));
    for (const { errcode, says } of rows)
      expect([errcode, says]).toEqual([errcode, expect.stringContaining(`\`${meaningOf(errcode).code}\``)]);
  });

  it("say in English what the program says", () => {
    for (const { errcode, says, advice } of errcodes(pages.en)) {
      const meaning = meaningOf(errcode);
      expect([errcode, says, advice]).toEqual([
        errcode,
        `${meaning.says} (\`${meaning.code}\`)`,
        meaning.advice || "–",
      ]);
    }
  });

  it("explain each reaction", () => {
    for (const language of ["en", "zh"] as const)
      for (const { [language]: word } of Object.values(words)) expect(pages[language]).toContain(`\n| ${word} | `);
  });

  it("have the same parts, commands and names in both languages", () => {
    expect(headings(pages.zh).map(({ level }) => level)).toEqual(headings(pages.en).map(({ level }) => level));
    expect(blocks(pages.zh)).toEqual(blocks(pages.en));
    const [en, zh] = [literals(pages.en), literals(pages.zh)];
    expect({
      onlyInEnglish: en.filter((one) => !zh.includes(one)),
      onlyInChinese: zh.filter((one) => !en.includes(one)),
    }).toEqual({
      onlyInEnglish: [],
      onlyInChinese: [],
    });
  });

  it.each(["en", "zh"] as const)("lead to parts of their own that are there: %s", (language) => {
    const anchors = new Set(headings(pages[language]).map(({ text }) => anchorOf(text)));
    const led = [...pages[language].matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
    expect(led.length).toBeGreaterThan(20);
    expect(led.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });
});
