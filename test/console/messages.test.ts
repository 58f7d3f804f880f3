import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { projectDir, readSourceFiles } from "../support/imports.ts";

const read = (language: string): unknown =>
  JSON.parse(readFileSync(`${projectDir}/src/console/messages/${language}.json`, "utf8"));

/** Messages by the path of their key. */
function flatten(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value === "string") return [[path, value]];
  return Object.entries(value as object).flatMap(([key, member]) =>
    flatten(member, path === "" ? key : `${path}.${key}`),
  );
}

const en = new Map(flatten(read("en"), ""));
const zh = new Map(flatten(read("zh"), ""));

/** The names of what is put into a message. */
const placeholders = (message: string) =>
  [...new Set([...message.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => name))].sort();

describe("the console's messages", () => {
  it("are the same in both languages", () => {
    expect([...zh.keys()]).toEqual([...en.keys()]);
  });

  it("put the same into them", () => {
    for (const [key, message] of en)
      expect([key, placeholders(zh.get(key) ?? "")]).toEqual([key, placeholders(message)]);
  });

  it("are Chinese in Chinese, but for names", () => {
    const names = new Set(["sources.agentId", "sourceForm.agentId", "sourceForm.token", "sourceForm.aesKey"]);
    // A message that only puts things together has no words.
    const foreign = [...zh].filter(([, message]) => /[A-Za-z]{2}/.test(message.replaceAll(/\{[^}]*\}/g, "")));
    const wordless = foreign.filter(([key, message]) => !names.has(key) && !/\p{Script=Han}/u.test(message));
    expect(wordless).toEqual([]);
  });

  it("are all used", () => {
    const text = readSourceFiles("src/console")
      .map((file) => file.text)
      .join("\n");
    const unused = [...en.keys()].filter((key) => {
      const parts = key.split(".");
      const last = parts.at(-1) ?? "";
      // The last part is named as text, or the one before it is followed by a value that is looked up.
      const isNamed = new RegExp(`["'\`.]${last.replaceAll("-", "\\-")}["'\`]|\\b${last}:`).test(text);
      const parent = parts.at(-2) ?? "";
      return !isNamed && !text.includes(`${parent}.\${`) && !text.includes(`("${parent}")`);
    });
    expect(unused).toEqual([]);
  });
});
