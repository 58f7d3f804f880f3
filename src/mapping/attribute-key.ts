/** A key of a mapping file, taken apart but not yet looked up in the schemas. */
export interface AttributeKey {
  /** URN before the attribute, as written; null for core attributes. */
  readonly schema: string | null;
  readonly name: string;
  /** `type eq "work"`: what the element of a multi-valued attribute is known by; null without brackets. */
  readonly filter: readonly KeyCondition[] | null;
  readonly sub: string | null;
}

export interface KeyCondition {
  readonly sub: string;
  readonly value: string | boolean;
}

/** A key that is no attribute path; the message says what one looks like. */
export class KeySyntaxError extends Error {}

/**
 * Parses `displayName`, `name.formatted`, `emails[type eq "work"].value`, `urn:…:2.0:User:manager.value`: the paths of
 * RFC 7644 §3.10 with filters that say by `eq` and `and` what the element is.
 *
 * @throws {KeySyntaxError}
 */
export function parseAttributeKey(text: string): AttributeKey {
  const parts = whole.exec(text)?.groups;
  const name = parts?.["name"];
  if (!parts || name === undefined) {
    throw new KeySyntaxError(
      `not an attribute path; write one like displayName, name.formatted, emails[type eq "work"].value or URN:attribute`,
    );
  }
  const filter = parts["filter"];
  return {
    schema: parts["schema"] ?? null,
    name,
    filter: filter === undefined ? null : parseConditions(filter),
    sub: parts["sub"] ?? null,
  };
}

/** The key in one spelling: the same place always gives the same text. */
export function formatAttributeKey({ schema, name, filter, sub }: AttributeKey): string {
  const conditions = filter?.map(({ sub, value }) => `${sub} eq ${JSON.stringify(value)}`).join(" and ");
  return [
    schema === null ? "" : `${schema}:`,
    name,
    conditions === undefined ? "" : `[${conditions}]`,
    sub === null ? "" : `.${sub}`,
  ].join("");
}

// The name follows the last colon before the brackets; URNs hold dots, so the sub-attribute is what follows the name.
const whole =
  /^(?:(?<schema>urn:[^[\]"\s]+):)?(?<name>[A-Za-z$][\w$-]*)(?:\[(?<filter>(?:[^\]"]|"(?:[^"\\]|\\.)*")*)\])?(?:\.(?<sub>[A-Za-z$][\w$-]*))?$/i;

const condition = /^\s*(?<sub>[A-Za-z$][\w$-]*)\s+eq\s+(?<value>"(?:[^"\\]|\\.)*"|true|false)\s*(?:$|and\b)/i;

function parseConditions(text: string): readonly KeyCondition[] {
  const conditions: KeyCondition[] = [];
  let rest = text;
  do {
    const match = condition.exec(rest);
    const { sub, value } = match?.groups ?? {};
    const parsed = value === undefined ? undefined : parseValue(value);
    if (
      !match ||
      sub === undefined ||
      parsed === undefined ||
      (rest.length === match[0].length && /and$/i.test(match[0]) && !/"$/.test(match[0]))
    ) {
      throw new KeySyntaxError(`between the brackets write type eq "work", several joined by and`);
    }
    conditions.push({ sub, value: parsed });
    rest = rest.slice(match[0].length);
  } while (rest !== "");
  return conditions;
}

function parseValue(text: string): string | boolean | undefined {
  if (!text.startsWith('"')) return text.toLowerCase() === "true";
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
