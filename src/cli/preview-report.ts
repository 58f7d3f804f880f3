import type { Preview } from "../mapping/preview.ts";
import { plain, table } from "./text.ts";

type Attribute = Preview["attributes"][number];

/** What becomes of a record, for a person: the resource, how each attribute came to be, and what is wrong. */
export function reportPreview(preview: Preview, file: string): string {
  const { resource, attributes, problems, warnings, mapping } = preview;
  const missing = attributes.filter(({ result }) => result === undefined).length;
  const lines = [
    ...JSON.stringify(resource, null, 2).split("\n"),
    "",
    ...describeAttributes(attributes, file),
    ...problems.map(({ pointer, detail }) => `problem: ${placeOf(attributes, file, pointer)}: ${detail}`),
    ...warnings.map(({ pointer, detail }) => `warning: ${placeOf(attributes, file, pointer)}: ${detail}`),
    `${mapping.name} (${versionOf(mapping.version)}): ${attributes.length - missing} attributes with a value, ${missing} without`,
  ];
  return lines.map((line) => `${plain(line)}\n`).join("");
}

function versionOf(version: Preview["mapping"]["version"]): string {
  if (version === null) return "not saved at the server";
  return typeof version === "number" ? `version ${version}` : "this file";
}

// One table for all of them, so that everything stands below one another; the heads go between its rows.
function describeAttributes(attributes: readonly Attribute[], file: string): readonly string[] {
  const details = attributes.map(({ sources, steps }) => [
    ...sources.map(({ path, value }) => ["", "reads", path, show(value)]),
    ...steps.map(({ step, value }) => ["", "step", step, show(value)]),
  ]);
  const rows = table(details.flat()).split("\n");
  return attributes.flatMap((attribute, index) => [
    `${attribute.attribute}: ${show(attribute.result)}`,
    `  ${placeOf([attribute], file, attribute.pointer)}`,
    ...rows.splice(0, details[index]?.length ?? 0),
    ...(attribute.why === null ? [] : [`  why    ${attribute.why}`]),
    "",
  ]);
}

function placeOf(attributes: readonly Attribute[], file: string, pointer: string): string {
  const rule = attributes.find((attribute) => attribute.pointer === pointer);
  const place = typeof rule?.line === "number" ? `${file}:${rule.line}:${rule.column}` : file;
  return `${place} ${pointer}`.trim();
}

/** Longer values are cut: who wants them whole asks for JSON. */
const longest = 200;

function show(value: unknown): string {
  if (value === undefined) return "none";
  const text = [...JSON.stringify(value)];
  return text.length > longest ? `${text.slice(0, longest).join("")}…` : text.join("");
}
