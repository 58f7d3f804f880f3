import { expect, test } from "vitest";
import { MappingError, makeProblem } from "../../src/mapping/problem.ts";
import type { CompiledMappingFile, SchemaCompiler } from "../../src/schemas/compile-file.ts";
import { rememberingCompiler } from "../../src/schemas/remember.ts";

function makeCounting() {
  const asked: string[] = [];
  const compiler: SchemaCompiler = {
    mapping: (name, text) => {
      asked.push(`${name} ${text.slice(0, 10)}`);
      if (text.startsWith("bad")) throw new MappingError([makeProblem(name, null, [], "bad")]);
      if (text.startsWith("bug")) throw new Error("bug");
      return { warnings: [], logged: [] } as unknown as CompiledMappingFile;
    },
    extension: () => {
      throw new Error("not asked");
    },
  };
  return { asked, compile: rememberingCompiler(compiler).mapping };
}

test("what was made is made once, and so is what is wrong with a text", () => {
  const { asked, compile } = makeCounting();
  expect(compile("a", "good", [])).toBe(compile("a", "good", []));
  for (let n = 0; n < 3; n += 1) expect(() => compile("a", "bad", [])).toThrow(MappingError);
  compile("b", "good", []);
  expect(asked).toEqual(["a good", "a bad", "b good"]);
});

test("an error that is none of the text's is not remembered", () => {
  const { asked, compile } = makeCounting();
  for (let n = 0; n < 2; n += 1) expect(() => compile("a", "bug", [])).toThrow("bug");
  expect(asked).toEqual(["a bug", "a bug"]);
});

test("what was asked for longest ago is forgotten first, and large texts take much room", () => {
  const { asked, compile } = makeCounting();
  const large = (name: string) => compile(name, name.repeat(1_500_000), []);
  for (const name of ["a", "b", "a", "c", "a", "b"]) large(name);
  expect(asked.map((each) => each[0])).toEqual(["a", "b", "c", "b"]);
  compile("huge", "h".repeat(5_000_000), []);
  compile("huge", "h".repeat(5_000_000), []);
  expect(asked.filter((each) => each.startsWith("huge"))).toHaveLength(1);
});
