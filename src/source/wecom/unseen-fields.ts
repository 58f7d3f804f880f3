import { type JsonObject, member } from "../../lib/json.ts";
import type { SourceUser } from "../source.ts";

/**
 * The fields that newly made apps no longer get (since 20 June 2022, WeCom doc path/96255). Each may be missing, empty,
 * or, for the gender, "0", without that meaning anything about the person.
 */
export const sensitiveFields = ["avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address"] as const;

/**
 * Notes which of the sensitive fields had a value for anybody. Cheap once each of them was seen. Whether reads show the fields
 * of somebody who has agreed to it is not documented: what is shown of him says nothing of what is shown of others.
 */
export class FieldSight {
  readonly #unseen = new Set<string>(allFields);
  readonly #wasBlind: boolean;
  #strangers = 0;
  #shown = 0;

  /**
   * @param unseenBefore what the read before came to; empty: there was none. An app that was shown none of these fields of
   *   anybody does not become one that is because a few people have one: they may have agreed at WeCom without this bridge
   *   hearing of it (on another page of the app, or without coming back). Were they taken for proof, everybody else's values
   *   would count as cleared. An app that is shown them is shown some of nearly everybody: half of all people are asked for.
   */
  constructor(unseenBefore: readonly string[] = []) {
    this.#wasBlind = allFields.every((field) => unseenBefore.includes(field));
  }

  /** Keys of those of whom it matters whether they agreed: they have a value for a field that is not known to be shown. */
  tellingAmong(users: readonly SourceUser[]): readonly string[] {
    const fields = this.#wasBlind ? allFields : [...this.#unseen];
    if (fields.length === 0) return [];
    return users.filter(({ raw }) => fields.some((field) => hasValue(raw, field))).map(({ key }) => key);
  }

  /** @param consented keys of those who have, or had, agreed: they are passed over */
  note(users: readonly SourceUser[], consented: ReadonlySet<string> = nobody): void {
    for (const { key, raw } of users) {
      if (this.#unseen.size === 0 && !this.#wasBlind) return;
      if (consented.has(key)) continue;
      this.#strangers += 1;
      if (this.#wasBlind && allFields.some((field) => hasValue(raw, field))) this.#shown += 1;
      for (const field of this.#unseen) if (hasValue(raw, field)) this.#unseen.delete(field);
    }
    // The small picture comes with the large one.
    if (!this.#unseen.has("avatar")) this.#unseen.delete("thumb_avatar");
  }

  /** Fields that nobody had a value for: unknown, not cleared. */
  get unseen(): readonly string[] {
    return this.#wasBlind && this.#shown * 2 < this.#strangers ? allFields : [...this.#unseen];
  }
}

const allFields: readonly string[] = [...sensitiveFields, "thumb_avatar"];

const nobody: ReadonlySet<string> = new Set();

function hasValue(raw: JsonObject, field: string): boolean {
  const value = member(raw, field);
  return value !== undefined && value !== null && value !== "" && !(field === "gender" && isZero(value));
}

function isZero(value: unknown): boolean {
  return value === 0 || value === "0";
}
