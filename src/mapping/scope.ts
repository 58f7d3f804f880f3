/** The parts of a mapping file. */
export type SectionName = "user" | "department" | "tag";

/** Whose rules: those of a section read what the source sent, those of a target read the SCIM document. */
export type ScopeName = SectionName | "resource";

/** The name of the record in expressions. */
export const recordVariable: Readonly<Record<ScopeName, string>> = {
  user: "member",
  department: "department",
  tag: "tag",
  resource: "resource",
};
