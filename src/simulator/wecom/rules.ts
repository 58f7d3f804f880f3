import type { RawMember } from "./model.ts";

/** WeCom's published limits (doc path/90195, path/90205, path/90210, path/90350). */
export const limits = {
  departments: 30_000,
  levels: 15,
  nodesPerDepartment: 30_000,
  departmentsPerMember: 100,
  directLeaders: 5,
  tags: 3_000,
  entriesPerTag: 30_000,
} as const;

/** The corp refuses a change, as WeCom's writing calls do: `errcode` is the one that they would answer. */
export class RuleError extends Error {
  readonly errcode: number;

  constructor(errcode: number, message: string) {
    super(message);
    this.name = "RuleError";
    this.errcode = errcode;
  }
}

/** Throws {@link RuleError} unless WeCom would take this member (what concerns him alone, not his neighbours). */
export function checkMember(member: RawMember): void {
  checkUserid(member.userid);
  checkLength(member.name, 1, 64, 60112, "name");
  checkLength(member.alias, 0, 64, 40058, "alias");
  checkLength(member.english_name, 0, 64, 40058, "english_name");
  checkLength(member.position, 0, 128, 40058, "position");
  checkLength(member.address, 0, 128, 40058, "address");
  if (member.telephone && !/^[0-9+,-]{1,32}$/.test(member.telephone)) throw new RuleError(40058, "telephone");
  if (member.mobile && !/^(\+[0-9]{1,4} ?)?[0-9]{5,20}$/.test(member.mobile)) throw new RuleError(60103, "mobile");
  checkEmail(member.email);
  checkEmail(member.biz_mail);
  const count = member.department.length;
  if (count === 0 || count > limits.departmentsPerMember) throw new RuleError(60110, "1 to 100 departments a member");
  if (count > 1 && new Set(member.department).size !== count) throw new RuleError(40066, "a department named twice");
  if (member.order.length !== count || member.is_leader_in_dept.length !== count) {
    throw new RuleError(40058, "department, order and is_leader_in_dept differ in length");
  }
  if (!member.order.every(isUint32)) throw new RuleError(40058, "order");
  if (member.direct_leader.length > limits.directLeaders) throw new RuleError(40058, "at most 5 direct leaders");
}

/** 1–64 bytes of digits, letters and `_-@.`, the first a digit or a letter. */
export function checkUserid(userid: string): void {
  if (!/^[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}$/.test(userid)) throw new RuleError(40003, "userid");
}

export function checkDepartmentName(name: string): void {
  checkLength(name, 1, 32, 60125, "department name");
  if (/[\\:*?"<>|]/.test(name)) throw new RuleError(60009, "department name holds a forbidden character");
}

export function checkTagName(name: string): void {
  checkLength(name, 1, 32, 40072, "tag name");
}

export function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 4_294_967_296;
}

/** What WeCom compares when it says that a mobile number is taken: digits, without a leading +86. */
export function mobileKey(mobile: string): string {
  return mobile.replace(/^\+86 ?/, "").replaceAll(" ", "");
}

function checkEmail(email: string | undefined): void {
  if (!email) return;
  if (Buffer.byteLength(email) < 6 || Buffer.byteLength(email) > 64 || !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new RuleError(60105, "email");
  }
}

/** Length in characters (code points); the cheap upper bound first. */
function checkLength(text: string | undefined, least: number, most: number, errcode: number, what: string): void {
  if (text === undefined) return;
  if (text.length >= least && text.length <= most) return;
  const length = [...text].length;
  if (length < least || length > most) throw new RuleError(errcode, `${what}: ${least} to ${most} characters`);
}
