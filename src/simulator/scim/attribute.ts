export type AttributeType =
  | "string"
  | "boolean"
  | "decimal"
  | "integer"
  | "dateTime"
  | "reference"
  | "binary"
  | "complex";

/** An attribute's characteristics, with the names and the defaults of RFC 7643 §7 and §2.2. */
export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: "readOnly" | "readWrite" | "immutable" | "writeOnly";
  readonly returned: "always" | "never" | "default" | "request";
  readonly uniqueness: "none" | "server" | "global";
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

/** A schema as `/Schemas` shows it (RFC 7643 §7). */
export interface Schema {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** Makes an attribute from what differs from the defaults of RFC 7643 §2.2. */
export function attribute(
  name: string,
  type: AttributeType,
  description: string,
  differs: Partial<Omit<Attribute, "name" | "type" | "description">> = {},
): Attribute {
  return {
    name,
    type,
    multiValued: false,
    description,
    required: false,
    // RFC 7643 §2.3.7: references are case exact; so is binary.
    caseExact: type === "reference" || type === "binary",
    mutability: "readWrite",
    returned: "default",
    uniqueness: "none",
    ...differs,
  };
}

/** The attributes by name; names are case-insensitive (RFC 7643 §2.1), so each stands there folded as well. */
export type AttributeTable = ReadonlyMap<string, Attribute>;

const tables = new WeakMap<readonly Attribute[], AttributeTable>();

/** The attribute with this name in any letter case, or undefined. */
export function findAttribute(attributes: readonly Attribute[], name: string): Attribute | undefined {
  let table = tables.get(attributes);
  if (!table) {
    table = new Map(
      attributes.flatMap((item) => [[item.name, item] as const, [item.name.toLowerCase(), item] as const]),
    );
    tables.set(attributes, table);
  }
  return table.get(name) ?? table.get(name.toLowerCase());
}

/** The sub-attributes of a complex attribute; none for any other. */
export function subAttributesOf(item: Attribute): readonly Attribute[] {
  return item.subAttributes ?? none;
}

const none: readonly Attribute[] = [];
