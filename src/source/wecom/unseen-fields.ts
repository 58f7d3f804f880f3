import { member } from "../../lib/json.ts";
import type { SourceUser } from "../source.ts";

/**
 * The fields that newly made apps no longer get (since 20 June 2022, WeCom doc path/96255). Each may be missing, empty,
 * or, for the gender, "0", without that meaning anything about the person.
 */
export const sensitiveFields = ["avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address"] as const;

/** Notes which of the sensitive fields had a value for anybody. Cheap once each of them was seen. */
export class FieldSight {
  readonly #unseen = new Set<string>([...sensitiveFields, "thumb_avatar"]);

  note(users: readonly SourceUser[]): void {
    for (const { raw } of users) {
      if (this.#unseen.size === 0) return;
      for (const field of this.#unseen) {
        const value = member(raw, field);
        const unknown = value === undefined || value === null || value === "" || (field === "gender" && isZero(value));
        if (!unknown) this.#unseen.delete(field);
      }
    }
    // The small picture comes with the large one.
    if (!this.#unseen.has("avatar")) this.#unseen.delete("thumb_avatar");
  }

  /** Fields that nobody had a value for: unknown, not cleared. */
  get unseen(): readonly string[] {
    return [...this.#unseen];
  }
}

function isZero(value: unknown): boolean {
  return value === 0 || value === "0";
}
