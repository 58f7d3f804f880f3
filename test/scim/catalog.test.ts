import { describe, expect, it } from "vitest";
import { type AttributeDefinition, makeSchemaCatalog, parseSchema, SchemaError } from "../../src/scim/catalog.ts";
import { coreGroupSchema, coreUserSchema, enterpriseUserSchema } from "../../src/scim/resource.ts";

const extension = parseSchema({
  id: "urn:example:scim:2.0:User",
  name: "Example",
  attributes: [
    { name: "shift", canonicalValues: [] },
    { name: "badge", type: "reference" },
  ],
});
const catalog = makeSchemaCatalog([extension]);
const find = (text: { schema?: string; name: string; sub?: string }) =>
  catalog.findAttribute("User", { schema: text.schema ?? null, name: text.name, sub: text.sub ?? null });

function everyAttribute(attributes: readonly AttributeDefinition[]): readonly AttributeDefinition[] {
  return attributes.flatMap((attribute) => [attribute, ...everyAttribute(attribute.subAttributes ?? [])]);
}

describe("the schema catalog", () => {
  it("R-001 R-003 finds attributes whatever the case of names and URNs", () => {
    expect(find({ name: "USERNAME" })?.attribute.name).toBe("userName");
    expect(find({ name: "Name", sub: "FAMILYNAME" })?.sub?.name).toBe("familyName");
    expect(find({ schema: enterpriseUserSchema.toUpperCase(), name: "Department" })).toMatchObject({
      extension: enterpriseUserSchema,
      attribute: { name: "department" },
    });
    expect(find({ schema: coreUserSchema, name: "title" })?.extension).toBeNull();
  });

  it("R-088 finds extension attributes under their URN only", () => {
    expect(find({ name: "department" })).toBeNull();
    expect(find({ schema: coreGroupSchema, name: "displayName" })).toBeNull();
    expect(find({ schema: "urn:example:scim:2.0:User", name: "shift" })?.extension).toBe("urn:example:scim:2.0:User");
    expect(catalog.findAttribute("Group", { schema: enterpriseUserSchema, name: "department", sub: null })).toBeNull();
  });

  it("finds nothing by the names of JavaScript's own members", () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) expect(find({ name })).toBeNull();
    expect(catalog.findSchema("__proto__")).toBeNull();
  });

  it("R-004 spells out every characteristic, with the defaults of RFC 7643 §2.2", () => {
    expect(find({ schema: "urn:example:scim:2.0:User", name: "shift" })?.attribute).toEqual({
      name: "shift",
      type: "string",
      multiValued: false,
      description: "",
      required: false,
      caseExact: false,
      mutability: "readWrite",
      returned: "default",
      uniqueness: "none",
    });
    for (const schema of catalog.schemas) {
      for (const attribute of everyAttribute(schema.attributes)) {
        expect(attribute).toHaveProperty("uniqueness");
        expect(Object.isFrozen(attribute)).toBe(true);
      }
    }
  });

  it("R-012 compares references and binaries with regard to case", () => {
    for (const attribute of catalog.schemas.flatMap((schema) => everyAttribute(schema.attributes))) {
      if (attribute.type === "reference" || attribute.type === "binary") expect(attribute.caseExact).toBe(true);
    }
  });

  it("R-023 R-024 knows the common attributes", () => {
    expect(find({ name: "id" })?.attribute).toMatchObject({
      caseExact: true,
      returned: "always",
      mutability: "readOnly",
    });
    expect(find({ name: "externalId" })?.attribute.caseExact).toBe(true);
    expect(find({ name: "meta", sub: "lastModified" })?.sub?.type).toBe("dateTime");
  });

  it("R-032 R-034 R-037 has the core attributes as the RFC has them", () => {
    expect(find({ name: "userName" })?.attribute).toMatchObject({
      required: true,
      uniqueness: "server",
      caseExact: false,
    });
    expect(find({ name: "password" })?.attribute).toMatchObject({ mutability: "writeOnly", returned: "never" });
    expect(find({ name: "groups" })?.attribute.mutability).toBe("readOnly");
  });

  it("R-042 R-170 requires displayName of a group and lists no empty canonical values", () => {
    const group = catalog.findAttribute("Group", { schema: null, name: "displayName", sub: null });
    expect(group?.attribute.required).toBe(true);
    for (const attribute of catalog.schemas.flatMap((schema) => everyAttribute(schema.attributes))) {
      expect(attribute.canonicalValues?.length).not.toBe(0);
    }
  });

  it("R-053 R-056 lists each extension with its type, and can find every schema it names", () => {
    const [user, group] = catalog.resourceTypes;
    expect(user?.schemaExtensions).toEqual([
      { schema: enterpriseUserSchema, required: false },
      { schema: "urn:example:scim:2.0:User", required: false },
    ]);
    expect(group?.schemaExtensions).toEqual([
      { schema: "urn:ietf:params:scim:schemas:extension:bridge:2.0:Group", required: false },
    ]);
    for (const { schema, schemaExtensions } of catalog.resourceTypes) {
      for (const urn of [schema, ...schemaExtensions.map((one) => one.schema)]) {
        expect(catalog.findSchema(urn.toUpperCase())?.id).toBe(urn);
      }
    }
  });

  it("refuses an extension whose URN is taken", () => {
    expect(() => makeSchemaCatalog([extension, extension])).toThrow(SchemaError);
    expect(() => makeSchemaCatalog([{ ...extension, id: coreUserSchema.toUpperCase() }])).toThrow("defined already");
  });
});

describe("a schema file", () => {
  it("R-002 R-014 is refused with every problem at its pointer", () => {
    let problems: readonly { readonly pointer: string }[] = [];
    try {
      parseSchema({
        id: "not a urn",
        name: "x",
        attributes: [
          { name: "__proto__" },
          { name: "two", type: "text" },
          { name: "Two", type: "complex", subAttributes: [{ name: "deep", type: "complex" }] },
          { name: "none", type: "complex" },
          { name: "odd", colour: "red" },
        ],
      });
    } catch (error) {
      if (error instanceof SchemaError) problems = error.problems;
    }
    expect(problems.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining([
        "/id",
        "/attributes/0/name",
        "/attributes/1/type",
        "/attributes/2/subAttributes/0/type",
        "/attributes/4",
      ]),
    );
  });

  it("is refused when two names differ in case only", () => {
    const twins = { id: "urn:example:t:2.0:User", name: "t", attributes: [{ name: "a" }, { name: "A" }] };
    expect(() => parseSchema(twins)).toThrow("/attributes/1/name");
    expect(() => parseSchema({ ...twins, attributes: [{ name: "c", type: "complex" }] })).toThrow(
      "needs sub-attributes",
    );
  });
});
