import { foldCase } from "../../lib/fold.ts";
import { enterpriseUserSchema } from "../../scim/resource.ts";
import { stripMarks } from "./strip-marks.ts";
import { activationWords, activeWords, disabledWords, genderWords, type Words } from "./words.ts";

/** What headings mean that are no SCIM attribute paths. */
export interface NamedHeading {
  /** As people write them. Case, spaces, `_` and `-` don't matter. */
  readonly names: readonly string[];
  readonly means: "departments" | "manager" | NamedAttribute;
}

export interface NamedAttribute {
  /** All get the value of the cell; those after the first only where no other column is for them. */
  readonly paths: readonly [string, ...string[]];
  /** Where they are not those of the attribute. */
  readonly words?: Words;
  /** What is to be said of such a column. */
  readonly note?: string;
}

const mobile = 'phoneNumbers[type eq "mobile"].value';
const workPhone = 'phoneNumbers[type eq "work"].value';
const workMail = 'emails[type eq "work"].value';
const homeMail = 'emails[type eq "home"].value';
const workAddress = 'addresses[type eq "work"].formatted';
/** Of WeCom's extension (`schemas/extensions/wecom.json`), which an operator can take away. */
const gender = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User:gender";

/**
 * The headings that are understood besides SCIM attribute paths, as WeCom and its administrators write them. Where a
 * file has several for one attribute, those that come first here are preferred.
 */
export const namedHeadings: readonly NamedHeading[] = [
  { names: ["账号", "帐号", "用户名", "userid", "username"], means: { paths: ["userName"] } },
  { names: ["显示名", "显示名称", "display name"], means: { paths: ["displayName"] } },
  { names: ["姓名", "名字", "name"], means: { paths: ["displayName", "name.formatted"] } },
  { names: ["别名", "英文名", "nickname"], means: { paths: ["nickName"] } },
  { names: ["职务", "职位", "title", "position"], means: { paths: ["title"] } },
  { names: ["部门", "所属部门", "所在部门", "department", "departments"], means: "departments" },
  { names: ["手机", "手机号", "手机号码", "mobile", "phone"], means: { paths: [mobile] } },
  { names: ["座机", "电话", "telephone"], means: { paths: [workPhone] } },
  { names: ["企业邮箱", "工作邮箱", "邮箱", "email"], means: { paths: [workMail] } },
  { names: ["个人邮箱"], means: { paths: [homeMail] } },
  { names: ["地址", "address"], means: { paths: [workAddress] } },
  { names: ["性别", "gender"], means: { paths: [gender] } },
  { names: ["工号", "employee number"], means: { paths: [`${enterpriseUserSchema}:employeeNumber`] } },
  { names: ["直属上级", "直接上级", "上级", "manager"], means: "manager" },
  {
    names: [
      "状态",
      "账号状态",
      "帐号状态",
      "启用",
      "启用状态",
      "是否启用",
      "在职状态",
      "是否在职",
      "active",
      "enabled",
    ],
    means: { paths: ["active"] },
  },
  { names: ["激活状态"], means: { paths: ["active"], words: activationWords } },
  {
    names: ["禁用", "禁用状态", "是否禁用", "停用", "是否停用", "离职", "是否离职", "disabled"],
    means: { paths: ["active"], words: disabledWords, note: "A yes means that the person is not active" },
  },
];

/** A name of the table as a heading has it. */
export interface FoundName {
  /** The lower one is preferred; equal where the names are. */
  readonly rank: number;
  readonly means: NamedHeading["means"];
}

/** What a heading of the table means, or null. Marks such as `*` and `（必填）` are passed over. */
export function findName(heading: string): FoundName | null {
  return byName.get(toKey(heading)) ?? null;
}

/** The words of an attribute that has some of its own, by its path; else null. */
export function wordsOfPath(path: string): Words | null {
  return wordsByPath.get(foldCase(path)) ?? null;
}

const toKey = (name: string): string => foldCase(stripMarks(name)).replace(/[\s_-]+/g, "");

const byName: ReadonlyMap<string, FoundName> = new Map(
  namedHeadings
    .flatMap(({ names, means }) => names.map((name) => ({ name, means })))
    .map(({ name, means }, rank) => [toKey(name), { rank, means }] as const),
);

const wordsByPath: ReadonlyMap<string, Words> = new Map([
  ["active", activeWords],
  [foldCase(gender), genderWords],
]);
