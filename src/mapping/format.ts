import { z } from "zod";
import { normalisers } from "./normalise.ts";

// The form of a mapping file. Descriptions reach the administrator's editor through mapping.schema.json.

const scalar = z.union([z.string(), z.number(), z.boolean()], "write a text, a number, true or false");
const list = z.array(scalar).min(1, "write at least one value");
const path = z.string().min(1, "write the name of a field").max(500);
const expression = z.string().min(1, "write a CEL expression").max(2_000, "at most 2,000 characters");
const normaliser = z.enum(normalisers, `one of ${normalisers.join(", ")}`);

/** The four ways to say where a value comes from; a rule has exactly one. */
export const valueKeys = ["from", "const", "template", "expr"] as const;

export const ruleForm = z
  .strictObject(
    {
      description: z.string().optional().describe("For people; has no effect."),
      from: z
        .union([path, z.array(path).min(1, "write at least one field")], "write a field or a list of fields")
        .optional()
        .describe(
          'A field of the source, or several: the first one that has a value. Dotted: main_department, extattr.工号, extattr["a.b"], direct_leader[0], mainDepartment.name.',
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
          "A CEL expression over member, extattr, departments, mainDepartment, source (in department and tag rules: department, path, tag).",
        ),
      values: z
        .record(z.string(), scalar, "write an object: the source's value on the left, the new one on the right")
        .optional()
        .describe(
          "A table: the source's value (as text) on the left, the value to use on the right. What is not in it becomes `default`, or no value.",
        ),
      default: z
        .union([scalar, list], "write a text, a number, true, false or a list of them")
        .optional()
        .describe(
          "The value when the source has none or `values` does not know it. With `absent: keep` a missing value becomes this at creation only.",
        ),
      normalise: z
        .union([normaliser, z.array(normaliser).min(1)], `write one of ${normalisers.join(", ")}, or a list of them`)
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

export const mappingForm = z
  .strictObject({
    $schema: z.string().optional().describe("./mapping.schema.json, for editors."),
    description: z.string().optional().describe("For people; has no effect."),
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
  })
  .meta({ title: "Mapping", description: "Which field of the source becomes which SCIM attribute." });

export type RuleForm = z.infer<typeof ruleForm>;
