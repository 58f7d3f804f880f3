import { foldCase } from "../../lib/fold.ts";
import { enterpriseUserSchema } from "../../scim/resource.ts";

/** The columns of a file that are no attributes. */
export const departmentsColumn = "departments";
export const managerColumn = "manager";

/** Of WeCom's extension (`schemas/extensions/wecom.json`), which an operator can take away. */
export const genderPath = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User:gender";

/**
 * The headings that are understood besides SCIM attribute paths, as WeCom and its administrators write them, with the
 * path or the column that they mean.
 */
export const headingNames: readonly { readonly names: readonly string[]; readonly means: string }[] = [
  { names: ["账号", "帐号", "用户名", "userid", "username"], means: "userName" },
  { names: ["姓名", "名字", "name", "display name"], means: "displayName" },
  { names: ["别名", "英文名", "nickname"], means: "nickName" },
  { names: ["职务", "职位", "title", "position"], means: "title" },
  { names: ["部门", "所属部门", "department", "departments"], means: departmentsColumn },
  { names: ["手机", "手机号", "手机号码", "mobile", "phone"], means: 'phoneNumbers[type eq "mobile"].value' },
  { names: ["座机", "电话", "telephone"], means: 'phoneNumbers[type eq "work"].value' },
  { names: ["邮箱", "企业邮箱", "工作邮箱", "email"], means: 'emails[type eq "work"].value' },
  { names: ["个人邮箱"], means: 'emails[type eq "home"].value' },
  { names: ["性别", "gender"], means: genderPath },
  { names: ["工号", "employee number"], means: `${enterpriseUserSchema}:employeeNumber` },
  { names: ["直属上级", "直接上级", "上级", "manager"], means: managerColumn },
  { names: ["状态", "启用", "启用状态", "active"], means: "active" },
];

/** What a heading of the table means, or null. Case, spaces, `_` and `-` don't matter: `Display_Name`. */
export function meaningOfName(heading: string): string | null {
  return meanings.get(toKey(heading)) ?? null;
}

const toKey = (name: string): string => foldCase(name).replace(/[\s_-]+/g, "");

const meanings: ReadonlyMap<string, string> = new Map(
  headingNames.flatMap(({ names, means }) => names.map((name) => [toKey(name), means] as const)),
);
