import { ScimError, type ScimType } from "../scim/scim-error.ts";

/** A refusal because of one member of a form. */
export class FieldError extends ScimError {
  readonly field: string;
  /** What is wrong with it, without its name. */
  readonly rule: string;

  constructor(status: 400 | 409, scimType: ScimType, field: string, rule: string) {
    super(status, scimType, `${field}: ${rule}`);
    this.name = "FieldError";
    this.field = field;
    this.rule = rule;
  }
}
