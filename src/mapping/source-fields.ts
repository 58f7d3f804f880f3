import type { SectionName } from "./scope.ts";

/** A field that WeCom documents. */
export interface SourceField {
  readonly name: string;
  readonly holds: "text" | "number" | "list" | "object";
  readonly description: string;
}

/**
 * The fields of WeCom's answers (doc path/90195, 90201, 95350, 90208, 90213), the deprecated ones included. What is not
 * here and not in `fields` of the mapping file is taken for a typing error.
 */
export const sourceFields: Readonly<Record<SectionName, readonly SourceField[]>> = {
  user: [
    {
      name: "userid",
      holds: "text",
      description: "The account; unique in the corp, whatever the case of its letters.",
    },
    { name: "name", holds: "text", description: "The name." },
    { name: "alias", holds: "text", description: "The alias." },
    { name: "english_name", holds: "text", description: "The English name; an old field." },
    { name: "department", holds: "list", description: "Ids of the departments. Names: departments[0].name." },
    { name: "order", holds: "list", description: "The place within each department, in the same order." },
    {
      name: "main_department",
      holds: "number",
      description: "Id of the main department. Its name: mainDepartment.name.",
    },
    {
      name: "is_leader_in_dept",
      holds: "list",
      description: "1 for each department that he leads, in the same order.",
    },
    { name: "direct_leader", holds: "list", description: "Userids of the direct leaders, at most five." },
    { name: "position", holds: "text", description: "The position." },
    { name: "mobile", holds: "text", description: "The mobile number. Hidden from apps made after June 2022." },
    { name: "gender", holds: "text", description: "0 unknown, 1 male, 2 female. Hidden from newer apps." },
    { name: "email", holds: "text", description: "The e-mail address. Hidden from newer apps." },
    { name: "biz_mail", holds: "text", description: "The company's e-mail address. Hidden from newer apps." },
    { name: "avatar", holds: "text", description: "URL of the picture. Hidden from newer apps." },
    { name: "thumb_avatar", holds: "text", description: "URL of the small picture. Hidden from newer apps." },
    { name: "qr_code", holds: "text", description: "URL of the personal QR code. Hidden from newer apps." },
    { name: "address", holds: "text", description: "The address. Hidden from newer apps." },
    { name: "telephone", holds: "text", description: "The landline number." },
    { name: "status", holds: "number", description: "1 activated, 2 disabled, 4 not activated yet, 5 has left." },
    { name: "enable", holds: "number", description: "0 disabled, 1 enabled; not always sent." },
    { name: "extattr", holds: "object", description: "Custom fields by name: extattr.工号." },
    { name: "external_profile", holds: "object", description: "What people outside the corp see." },
    { name: "external_position", holds: "text", description: "The position that people outside the corp see." },
    { name: "open_userid", holds: "text", description: "The id that is the same for all apps of a provider." },
    { name: "isleader", holds: "number", description: "Deprecated: use is_leader_in_dept." },
    { name: "hide_mobile", holds: "number", description: "Deprecated." },
  ],
  department: [
    { name: "id", holds: "number", description: "Id of the department." },
    { name: "name", holds: "text", description: "The name." },
    { name: "name_en", holds: "text", description: "The English name." },
    { name: "department_leader", holds: "list", description: "Userids of those who lead it." },
    { name: "parentid", holds: "number", description: "Id of the department above." },
    { name: "order", holds: "number", description: "The place among its siblings; higher is first." },
  ],
  tag: [
    { name: "tagid", holds: "number", description: "Id of the tag." },
    { name: "tagname", holds: "text", description: "The name." },
    { name: "userlist", holds: "list", description: "The people who carry the tag, each with userid and name." },
    { name: "partylist", holds: "list", description: "Ids of the departments that carry the tag." },
  ],
};

/** Names of ours beside them, with what each is. */
export const contextPaths: Readonly<Record<SectionName, readonly (readonly [path: string, description: string])[]>> = {
  user: [
    ["mainDepartment.id", "Id of the main department."],
    ["mainDepartment.name", "Name of the main department."],
    ["mainDepartment.path", "Names from below the topmost visible department to the main department, joined by /."],
    ["mainDepartment.leaders[0]", "Userid of the first of those who lead the main department; leaders is the list."],
    ["mainDepartment.parent", "Id of the department above the main department; a topmost visible one has none."],
    ["departments[0].id", "Id of the first department, in WeCom's order; [1] is the second."],
    ["departments[0].name", "Its name."],
    ["departments[0].path", "Its names from below the topmost visible department, joined by /."],
    ["departments[0].leaders[0]", "Userid of the first of those who lead it; leaders is the list."],
    ["departments[0].parent", "Id of the department above it; a topmost visible one has none."],
    ["tags[0].id", "Id of the first tag that he carries, himself or by a department, in the order of their ids."],
    ["tags[0].name", "Its name."],
    ["source.organization", "The organization of the source."],
    ["source.namespace", "The namespace of the source."],
  ],
  department: [
    ["path", "The names from below the topmost visible department, joined by /."],
    ["source.organization", "The organization of the source."],
    ["source.namespace", "The namespace of the source."],
  ],
  tag: [
    ["source.organization", "The organization of the source."],
    ["source.namespace", "The namespace of the source."],
  ],
};

/** Names of ours that are no fields of the record, by section. */
export const contextNames: Readonly<Record<SectionName, readonly string[]>> = {
  user: ["mainDepartment", "departments", "tags", "extattr", "source"],
  department: ["path", "source"],
  tag: ["source"],
};

const departmentParts = ["id", "name", "path", "leaders", "parent"] as const;

/** Parts of names of ours that are objects. */
export const contextParts: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["mainDepartment", departmentParts],
  ["source", ["organization", "namespace"]],
]);

/** Parts of what is in names of ours that are lists. */
export const itemParts: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["departments", departmentParts],
  ["tags", ["id", "name"]],
]);

/** Parts of names of ours that are lists themselves. */
export const listParts: ReadonlySet<string> = new Set(["leaders"]);

/** Fields that WeCom still sends and advises against, with what to read instead. */
export const deprecatedFields: ReadonlyMap<string, string> = new Map([
  ["isleader", "read is_leader_in_dept"],
  ["hide_mobile", "it says nothing any more"],
]);
