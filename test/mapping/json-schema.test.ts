import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { extensionJsonSchema, mappingJsonSchema } from "../../src/mapping/json-schema.ts";
import { parseSchema } from "../../src/scim/catalog.ts";
import { loadExtensions } from "../support/load-schemas.ts";

const schemas = join(import.meta.dirname, "../../schemas");
const readJson = (file: string) => JSON.parse(readFileSync(join(schemas, file), "utf8"));
const validator = (file: string) => new Ajv2020({ strict: false, allErrors: true }).compile(readJson(file));

// After a change of the form: npx vitest run test/mapping/json-schema.test.ts -u

test("the JSON Schema of mapping files is the one in the repository", async () => {
  await expect(mappingJsonSchema(await loadExtensions(schemas))).toMatchFileSnapshot(
    "../../schemas/mappings/mapping.schema.json",
  );
});

test("the JSON Schema of extension files is the one in the repository", async () => {
  await expect(extensionJsonSchema()).toMatchFileSnapshot("../../schemas/extensions/extension.schema.json");
});

test("an editor is told of the same attribute characteristics that the schema parser takes", () => {
  const { properties } = JSON.parse(extensionJsonSchema());
  const { subAttributes, ...characteristics } = properties.attributes.items.properties;
  const example: Record<string, unknown> = {
    name: "a",
    type: "string",
    multiValued: true,
    description: "d",
    required: true,
    canonicalValues: ["x"],
    caseExact: true,
    mutability: "immutable",
    returned: "always",
    uniqueness: "server",
    referenceTypes: ["User"],
  };
  expect(Object.keys(characteristics).sort()).toEqual(Object.keys(example).sort());
  const [attribute] = parseSchema({ id: "urn:x:y:User", name: "X", attributes: [example] }).attributes;
  expect(attribute).toEqual(example);
  expect(subAttributes.items.properties.type.enum).not.toContain("complex");
});

describe("an editor", () => {
  const isMapping = validator("mappings/mapping.schema.json");
  const isExtension = validator("extensions/extension.schema.json");
  const filesOf = (folder: string) =>
    readdirSync(join(schemas, folder))
      .filter((file) => !file.endsWith(".schema.json"))
      .map((file) => `${folder}/${file}`);

  test.each(filesOf("mappings"))("finds nothing wrong in %s", (file) => {
    isMapping(readJson(file));
    expect(isMapping.errors).toBeNull();
  });

  test.each(filesOf("extensions"))("finds nothing wrong in %s", (file) => {
    isExtension(readJson(file));
    expect(isExtension.errors).toBeNull();
  });

  const userName = { from: "userid" };
  test.each<[string, boolean, object]>([
    ["an element of another type", true, { 'emails[type eq "guest"].value': { from: "email" } }],
    ["an extension that it does not know", true, { "urn:example:hr:2.0:User:badge": { from: "userid" } }],
    ["every kind of normaliser", true, { title: { from: "name", normalise: ["trim", { truncate: { bytes: 9 } }] } }],
    ["a table with no value in it", true, { title: { from: "name", values: { a: null } } }],
    ["a unique value", true, { nickName: { from: "alias", unique: true } }],
    ["a misspelt attribute", false, { titel: { from: "position" } }],
    ["a misspelt part of an element", false, { 'emails[type eq "work"].vlaue': { from: "email" } }],
    ["a misspelt key", false, { title: { form: "position" } }],
    ["two origins", false, { title: { from: "position", const: "x" } }],
    ["an unknown normaliser", false, { title: { from: "position", normalise: "soundex" } }],
    ["an unknown option", false, { title: { from: "position", normalise: { pinyin: { tone: "none" } } } }],
  ])("is told of %s: %s", (_, isRight, rules) => {
    expect(isMapping({ user: { userName, ...rules } })).toBe(isRight);
  });

  test("knows every attribute of the standard and of the extension, each with its description", () => {
    const { properties } = readJson("mappings/mapping.schema.json").properties.user;
    for (const path of [
      "displayName",
      "name.givenName",
      'emails[type eq "work"].value',
      'phoneNumbers[type eq "mobile"].primary',
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
      "urn:ietf:params:scim:schemas:extension:wecom:2.0:User:gender",
    ]) {
      expect(properties[path].description.length, path).toBeGreaterThan(10);
    }
    for (const path of ["id", "password", "groups", "meta.created"]) expect(properties).not.toHaveProperty([path]);
  });
});
