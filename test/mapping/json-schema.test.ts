import { expect, test } from "vitest";
import { extensionJsonSchema, mappingJsonSchema } from "../../src/mapping/json-schema.ts";
import { parseSchema } from "../../src/scim/catalog.ts";

// After a change of the form: npx vitest run test/mapping/json-schema.test.ts -u

test("the JSON Schema of mapping files is the one in the repository", async () => {
  await expect(mappingJsonSchema()).toMatchFileSnapshot("../../schemas/mappings/mapping.schema.json");
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
