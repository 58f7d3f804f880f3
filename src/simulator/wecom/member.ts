import type { MemberPatch, NewMember, RawMember } from "./model.ts";
import { RuleError } from "./rules.ts";

/** A whole member: what was not said gets what WeCom gives a new one (not activated, first department is the main one). */
export function withDefaults(input: NewMember): RawMember {
  const { department } = input;
  const raw: Record<string, unknown> = {
    ...input,
    order: input.order ?? department.map(() => 0),
    is_leader_in_dept: input.is_leader_in_dept ?? department.map(() => 0),
    direct_leader: input.direct_leader ?? [],
    status: input.status ?? 4,
  };
  if (!("main_department" in input)) raw["main_department"] = department[0];
  // Said to be undefined: he has no such field.
  for (const field of optionalFields) if (field in raw && raw[field] === undefined) delete raw[field];
  return raw as unknown as RawMember;
}

/**
 * The member with some fields put and some taken away. Where `department` changes and `order` and `is_leader_in_dept`
 * are not given, a department that stays keeps its place and leadership; a main department that he left is replaced.
 */
export function patched(raw: RawMember, patch: MemberPatch): RawMember {
  const next: Record<string, unknown> = { ...raw };
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value !== null) next[field] = value;
    else if ((optionalFields as readonly string[]).includes(field)) delete next[field];
    else throw new RuleError(40063, `${field} can't be taken away`);
  }
  const { department } = patch;
  if (!department) return next as unknown as RawMember;
  const kept = (values: readonly number[]) => department.map((id) => values[raw.department.indexOf(id)] ?? 0);
  if (!patch.order) next["order"] = kept(raw.order);
  if (!patch.is_leader_in_dept) next["is_leader_in_dept"] = kept(raw.is_leader_in_dept);
  const main = next["main_department"];
  if (main !== undefined && patch.main_department === undefined && !department.includes(Number(main))) {
    next["main_department"] = typeof main === "string" ? String(department[0]) : department[0];
  }
  return next as unknown as RawMember;
}

const optionalFields = [
  "main_department",
  "position",
  "mobile",
  "gender",
  "email",
  "biz_mail",
  "avatar",
  "thumb_avatar",
  "qr_code",
  "address",
  "telephone",
  "alias",
  "english_name",
  "extattr",
  "enable",
  "external_position",
  "external_profile",
] as const satisfies readonly (keyof RawMember)[];
