type Json = Record<string, unknown>;

/** What the form of a person of a custom source holds. */
export interface PersonValues {
  readonly userName?: string | undefined;
  readonly displayName?: string | undefined;
  readonly title?: string | undefined;
  readonly email?: string | undefined;
  readonly mobile?: string | undefined;
  readonly active: boolean;
  readonly departments: readonly string[];
}

/** What a new person has if nothing is said. */
export const freshPerson: PersonValues = { active: true, departments: [] };

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";

export function toPersonValues(resource: Json): PersonValues {
  return {
    userName: textIn(resource, "userName"),
    displayName: textIn(resource, "displayName"),
    title: textIn(resource, "title"),
    email: elementValue(resource["emails"], "work"),
    mobile: elementValue(resource["phoneNumbers"], "mobile"),
    active: resource["active"] !== false,
    departments: (resource["departments"] as readonly string[] | undefined) ?? [],
  };
}

/**
 * The SCIM User that a form makes of one: what the form does not show stays as it is, for a PUT clears what is left out.
 *
 * @param before null: a new person
 */
export function toResource(values: PersonValues, before: Json | null): Json {
  const { id: _id, meta: _meta, groups: _groups, ...kept } = before ?? {};
  const made: Json = {
    ...(before === null ? { schemas: [userSchema] } : kept),
    userName: values.userName?.trim(),
    displayName: cleared(values.displayName),
    title: cleared(values.title),
    emails: withValue(kept["emails"], "work", values.email),
    phoneNumbers: withValue(kept["phoneNumbers"], "mobile", values.mobile),
    active: values.active,
    departments: [...values.departments],
  };
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
}

function cleared(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" ? undefined : trimmed;
}

function textIn(resource: Json, name: string): string | undefined {
  const value = resource[name];
  return typeof value === "string" ? value : undefined;
}

function elements(list: unknown): readonly Json[] {
  return Array.isArray(list) ? (list as readonly Json[]) : [];
}

/** The value of that type; of one without a type, the first there is. */
function elementValue(list: unknown, type: string): string | undefined {
  const all = elements(list);
  const found = all.find((each) => each["type"] === type) ?? all.find((each) => each["type"] === undefined);
  return found === undefined ? undefined : textIn(found, "value");
}

/** Sets the value of that type, or takes it away where there is none any more; the others stay. */
function withValue(list: unknown, type: string, text: string | undefined): readonly Json[] | undefined {
  const all = elements(list);
  const value = cleared(text);
  const at = all.findIndex((each) => each["type"] === type || each["type"] === undefined);
  const others = all.filter((_, index) => index !== at);
  if (value === undefined) return others.length === 0 ? undefined : others;
  if (at === -1) return [...all, { value, type, ...(all.length === 0 && { primary: true }) }];
  return all.map((each, index) => (index === at ? { ...each, value } : each));
}
