import { z } from "zod";
import { normaliserForm, normaliserNames } from "./normalise-form.ts";

// The form of a mapping file. Descriptions reach the administrator's editor through mapping.schema.json.

const scalar = z.union([z.string(), z.number(), z.boolean()], "write a text, a number, true or false");
const list = z.array(scalar).min(1, "write at least one value");
const path = z.string().min(1, "write the name of a field").max(500);
const expression = z.string().min(1, "write a CEL expression").max(2_000, "at most 2,000 characters");

/** The four ways to say where a value comes from; a rule has exactly one. */
export const valueKeys = ["from", "const", "template", "expr"] as const;

const uniqueForm = z.strictObject({
  or: z
    .array(expression)
    .min(1)
    .max(10)
    .optional()
    .describe("CEL expressions that are tried in turn before numbers are."),
  pattern: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Where the number goes: {value}{n} (default), {local}{n}@{domain}."),
  start: z.int().min(0).max(1_000_000).optional().describe("The first number; default 2."),
  tries: z.int().min(0).max(10_000).optional().describe("How many numbers are tried; default 1000."),
  maxLength: z.int().min(1).max(1_000).optional().describe("No candidate has more characters."),
});

/** A rule, in a section or for a target. */
export const ruleForm = z
  .strictObject(
    {
      description: z.string().optional().describe("For people; has no effect."),
      from: z
        .union([path, z.array(path).min(1, "write at least one field")], "write a field or a list of fields")
        .optional()
        .describe(
          'A field of the source, or several: the first one that has a value. Dotted: main_department, extattr.工号, extattr["a.b"], direct_leader[0], mainDepartment.name, tags[0].name.',
        ),
      const: z
        .union([scalar, list], "write a text, a number, true, false or a list of them")
        .optional()
        .describe("Always this value."),
      template: z
        .string()
        .min(1, "write a text with {fields}")
        .max(2_000, "at most 2,000 characters")
        .optional()
        .describe(
          'Text with fields in braces: "{name} ({userid})". Without a value for each of them there is no value at all. {{ and }} stand for braces.',
        ),
      expr: expression
        .optional()
        .describe(
          "A CEL expression over member, extattr, departments, mainDepartment, tags, source (in department and tag rules: department, path, tag).",
        ),
      values: z
        .record(
          z.string(),
          z.union([scalar, z.null()], "write a text, a number, true, false, or null for no value"),
          "write an object: the source's value on the left, the new one on the right",
        )
        .optional()
        .describe(
          "A table: the source's value (as text) on the left, the value to use on the right, null for none. What is not in it becomes `default`, or no value.",
        ),
      default: z
        .union([scalar, list], "write a text, a number, true, false or a list of them")
        .optional()
        .describe(
          "The value when the source has none or `values` does not know it. With `absent: keep` a missing value becomes this at creation only.",
        ),
      normalise: z
        .union(
          [normaliserForm, z.array(normaliserForm).min(1, "write at least one normaliser")],
          `write one of ${normaliserNames.join(", ")}, or a list of them`,
        )
        .optional()
        .describe("Changes to the text, in this order, before `values` is looked at."),
      when: expression.optional().describe("A CEL condition. Where it does not hold there is no value."),
      apply: z
        .enum(["always", "create"], "write always or create")
        .optional()
        .describe("create: the value is set when the resource is made and left alone afterwards."),
      absent: z
        .enum(["clear", "keep"], "write clear or keep")
        .optional()
        .describe("What no value means: clear the attribute (default), or keep what it was."),
      unique: z
        .union([z.literal(true), uniqueForm], "write true or an object with or, pattern, start, tries, maxLength")
        .optional()
        .describe("No two resources have the same value: who comes later gets the next candidate."),
    },
    "write an object with one of from, const, template, expr",
  )
  .refine((rule) => valueKeys.filter((key) => rule[key] !== undefined).length === 1, {
    message: "a rule needs exactly one of from, const, template, expr",
  })
  .meta({ id: "rule", oneOf: valueKeys.map((key) => ({ required: [key] })) });

const departmentMembers = z
  .strictObject({
    users: z
      .enum(["direct", "none"], "write direct or none")
      .describe("direct: the people who belong to the department itself."),
    groups: z
      .enum(["children", "none"], "write children or none")
      .describe("children: the groups of its sub-departments."),
  })
  .describe("Who is in the group. Left out: direct and children.");

const tagMembers = z
  .strictObject({
    users: z.enum(["listed", "none"], "write listed or none").describe("listed: the people who carry the tag."),
    groups: z
      .enum(["listed", "none"], "write listed or none")
      .describe("listed: the groups of the departments that carry the tag."),
  })
  .describe("Who is in the group. Left out: listed and listed.");

const needObject = "write an object: attribute paths on the left, rules on the right";

/** The members rule of each kind of group. */
export const memberForms = { department: departmentMembers, tag: tagMembers } as const;

const idForm = z.union([z.string(), z.number()]);

/** A department that surrounds the member of a test. */
export const testDepartmentForm = z
  .strictObject({
    id: idForm,
    name: z.string(),
    path: z.string().optional(),
    leaders: z.array(z.string()).optional(),
    parent: idForm.optional(),
  })
  .describe("A department as rules see it; path is the name if left out.");

/** A tag that the member of a test carries. */
export const testTagForm = z.strictObject({ id: idForm, name: z.string() }).describe("A tag as rules see it.");

const recordForm = z.record(z.string(), z.unknown(), "write an object, as WeCom sends it");

/** A test of a mapping file. */
export const testForm = z
  .strictObject(
    {
      name: z.string().min(1).describe("What is tested, in words."),
      description: z.string().optional().describe("For people; has no effect."),
      member: recordForm.optional().describe("A member as WeCom sends it."),
      department: recordForm.optional().describe("A department as WeCom sends it."),
      tag: recordForm.optional().describe("A tag as WeCom sends it."),
      departments: z.array(testDepartmentForm).optional().describe("The departments of the member, in WeCom's order."),
      mainDepartment: testDepartmentForm.optional().describe("The main department; the first one if left out."),
      tags: z
        .array(testTagForm)
        .optional()
        .describe("The tags that the member carries, himself or by a department, in the order of their ids."),
      path: z.string().optional().describe("The path of the department; its name if left out."),
      organization: z.string().optional().describe("The organization of the source."),
      namespace: z.string().optional().describe("The namespace of the source."),
      unseenFields: z
        .array(z.string())
        .optional()
        .describe("Fields that the credential is never shown; tags for unknown tags."),
      expect: z
        .record(z.string(), z.unknown(), "write an object: attribute paths on the left, values on the right")
        .describe("Attribute paths with the value that must come out; null: none."),
    },
    "write an object with name, member and expect",
  )
  .refine(({ member, department, tag }) => [member, department, tag].filter(Boolean).length === 1, {
    message: "a test has exactly one of member, department, tag",
  });

export type TestForm = z.infer<typeof testForm>;

export const mappingForm = z
  .strictObject({
    $schema: z.string().optional().describe("./mapping.schema.json, for editors."),
    description: z.string().optional().describe("For people; has no effect."),
    fields: z
      .array(z.string().min(1).max(200))
      .optional()
      .describe("Names of fields that the source sends and that are not documented: without this they are refused."),
    user: z
      .record(z.string(), ruleForm, needObject)
      .describe("Rules for people. Keys are SCIM attribute paths of User."),
    department: z
      .object({ members: departmentMembers.optional() }, needObject)
      .catchall(ruleForm)
      .optional()
      .describe("Rules for the group of each department. Left out: departments become no groups."),
    tag: z
      .object({ members: tagMembers.optional() }, needObject)
      .catchall(ruleForm)
      .optional()
      .describe("Rules for the group of each tag. Left out: tags become no groups."),
    tests: z
      .array(testForm)
      .optional()
      .describe("Examples that the file must fulfil: a member, and the attributes that come out."),
  })
  .meta({ title: "Mapping", description: "Which field of the source becomes which SCIM attribute." });

const targetRules = z.record(
  z.string(),
  z.union([ruleForm, z.null()], "write a rule, or null to remove the attribute"),
  needObject,
);

/** Rules of one target, over what it would get otherwise. */
export const targetRulesForm = z.strictObject(
  {
    user: targetRules.optional().describe("Rules for people. Keys are SCIM attribute paths of User."),
    group: targetRules.optional().describe("Rules for groups. Keys are SCIM attribute paths of Group."),
  },
  "write an object with user, group",
);

export type RuleForm = z.infer<typeof ruleForm>;
