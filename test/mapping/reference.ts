import { z } from "zod";
import { listAttributePaths } from "../../src/mapping/attribute-paths.ts";
import { mappingForm, ruleForm, targetRulesForm, testForm } from "../../src/mapping/format.ts";
import { celFunctions } from "../../src/mapping/functions/functions.ts";
import { optionNormalisers, plainNormalisers } from "../../src/mapping/normalise-form.ts";
import type { SectionName } from "../../src/mapping/scope.ts";
import { contextPaths, sourceFields } from "../../src/mapping/source-fields.ts";
import { makeSchemaCatalog, type SchemaDefinition } from "../../src/scim/catalog.ts";

/** docs/mapping-reference.md, made from the definitions that files are checked with. */
export function mappingReference(extensions: readonly SchemaDefinition[]): string {
  const catalog = makeSchemaCatalog(extensions);
  return `${[
    "# Mapping files: the reference",
    "Made from the definitions that files are checked with; [mapping.md](mapping.md) explains. To make it anew after a change: `npx vitest run test/mapping/reference.test.ts -u`.",
    "## A file",
    keysOf(mappingForm),
    "## A rule",
    "Exactly one of `from`, `const`, `template` and `expr`.",
    keysOf(ruleForm),
    "## `unique`",
    keysOf(objectIn(ruleForm.shape.unique)),
    "## Normalisers",
    table(
      ["name", "does"],
      Object.entries(plainNormalisers).map(([name, does]) => [code(name), does]),
    ),
    "With options, as an object with one key:",
    table(
      ["name", "options", "does"],
      Object.entries(optionNormalisers).map(([name, form]) => [
        code(name),
        optionsOf(form),
        z.globalRegistry.get(form)?.description ?? "",
      ]),
    ),
    "## A test",
    keysOf(testForm),
    "## Rules of a target",
    keysOf(targetRulesForm),
    "## Fields of the source",
    ...(["user", "department", "tag"] as const).flatMap((section) => [`### In \`${section}\``, fieldsOf(section)]),
    "## Functions",
    "In expressions beside [CEL's own](https://github.com/google/cel-spec/blob/master/doc/langdef.md). A function that cannot do its work (no date, no number, no match) gives no value.",
    functionTable(),
    "## Attributes",
    'What a mapping can write. Other elements than those listed have another `[type eq "…"]`; names may be written in any case.',
    ...(["User", "Group"] as const).flatMap((type) => [
      `### Of a ${type}`,
      table(
        ["path", "is"],
        listAttributePaths(catalog, type).map(({ path, description }) => [code(path), description]),
      ),
    ]),
  ].join("\n\n")}\n`;
}

function keysOf(form: z.ZodType): string {
  const shape = form instanceof z.ZodObject ? (form.shape as Readonly<Record<string, z.ZodType>>) : {};
  return table(
    ["key", "is"],
    Object.entries(shape).map(([key, value]) => [code(key), describe(value)]),
  );
}

function describe(value: z.ZodType): string {
  const text = descriptionOf(value) ?? "";
  return value.safeParse(undefined).success ? text : `${text} Required.`.trim();
}

function descriptionOf(form: z.ZodType): string | undefined {
  const own = z.globalRegistry.get(form)?.description;
  return own === undefined && form instanceof z.ZodOptional ? descriptionOf(form.unwrap() as z.ZodType) : own;
}

function objectIn(form: z.ZodType): z.ZodType {
  const inner = form instanceof z.ZodOptional ? (form.unwrap() as z.ZodType) : form;
  const options = inner instanceof z.ZodUnion ? (inner.options as readonly z.ZodType[]) : [inner];
  return options.find((option) => option instanceof z.ZodObject) ?? inner;
}

function optionsOf(form: z.ZodType): string {
  const options = form instanceof z.ZodUnion ? (form.options as readonly z.ZodType[]) : [form];
  const texts = options.map((option) =>
    option instanceof z.ZodObject
      ? Object.entries(option.shape as Readonly<Record<string, z.ZodType>>)
          .map(([key, value]) => {
            const text = descriptionOf(value);
            return text === undefined ? code(key) : `${code(key)}: ${text}`;
          })
          .join("<br>")
      : "a text",
  );
  return texts.join("<br>or ");
}

function fieldsOf(section: SectionName): string {
  return table(
    ["path", "is"],
    [
      ...sourceFields[section].map(({ name, description }) => [code(name), description]),
      ...contextPaths[section].map(([path, description]) => [code(path), description]),
    ],
  );
}

function functionTable(): string {
  const rows = celFunctions
    // One line for all that differ in the number of their arguments alone.
    .filter(({ signature }) => !/^firstOf\(ast, ast, /.test(signature))
    .map(({ signature, description, example: [expression, result], instead }) => [
      code(written(signature, instead)),
      description.replace("The first of 2 that has", "The first of two to six that has"),
      `${code(expression)} is ${code(JSON.stringify(result))}`,
    ]);
  return table(["function", "gives", "example"], rows);
}

function written(signature: string, instead: string | undefined): string {
  return signature
    .replace(/\w+\(/, (name) => (instead === undefined ? name : `${instead}(`))
    .replaceAll("google.protobuf.Timestamp", "timestamp")
    .replaceAll("ast, ast", "any, any, …")
    .replaceAll("ast", "any")
    .replaceAll("list<dyn>", "list")
    .replaceAll("dyn", "any");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}
