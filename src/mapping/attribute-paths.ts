import type { AttributeDefinition, SchemaCatalog } from "../scim/catalog.ts";
import type { ResourceType } from "../scim/resource.ts";

/** An attribute path that a mapping can write, with what the schema says of it. */
export interface AttributePathEntry {
  readonly path: string;
  readonly description: string;
}

/** The paths that a mapping can write, as an editor proposes them. */
export function listAttributePaths(catalog: SchemaCatalog, type: ResourceType): readonly AttributePathEntry[] {
  return scopesOf(catalog, type).flatMap(({ prefix, attributes }) =>
    attributes.flatMap((attribute) => pathsOf(prefix, attribute)),
  );
}

/** Attributes with several elements: any other `[type eq "…"]` may be written too. As regular expressions. */
export function listElementPatterns(catalog: SchemaCatalog, type: ResourceType): readonly string[] {
  return scopesOf(catalog, type).flatMap(({ prefix, attributes }) =>
    attributes
      .filter(({ multiValued, subAttributes }) => multiValued && subAttributes !== undefined)
      .map(({ name, subAttributes = [] }) => {
        const parts = subAttributes.map((sub) => sub.name.replace("$", "\\$")).join("|");
        return `^${prefix.replaceAll(".", "\\.")}${name}\\[.+\\]\\.(${parts})$`;
      }),
  );
}

interface Scope {
  /** The URN and a colon of an extension; empty for the core. */
  readonly prefix: string;
  readonly attributes: readonly AttributeDefinition[];
}

const madeByTheBridge = new Set(["id", "meta", "schemas"]);

function scopesOf(catalog: SchemaCatalog, type: ResourceType): readonly Scope[] {
  const core = catalog.topAttributes(type).filter(({ name }) => !madeByTheBridge.has(name) && name !== "members");
  const extensions = catalog.extensionsOf(type).map(({ id, attributes }) => ({ prefix: `${id}:`, attributes }));
  return [{ prefix: "", attributes: core }, ...extensions].map(({ prefix, attributes }) => ({
    prefix,
    attributes: attributes.filter(isWritable),
  }));
}

function isWritable({ mutability }: AttributeDefinition): boolean {
  return mutability !== "readOnly" && mutability !== "writeOnly";
}

function pathsOf(prefix: string, attribute: AttributeDefinition): readonly AttributePathEntry[] {
  const { name, description, multiValued, subAttributes } = attribute;
  if (!subAttributes) return [{ path: `${prefix}${name}`, description }];
  const parts = subAttributes.filter(isWritable);
  if (!multiValued) return parts.map((sub) => ({ path: `${prefix}${name}.${sub.name}`, description: sub.description }));
  const types = subAttributes.find((sub) => sub.name === "type")?.canonicalValues ?? [];
  return types.flatMap((type) =>
    parts
      .filter((sub) => sub.name !== "type")
      .map((sub) => ({ path: `${prefix}${name}[type eq "${type}"].${sub.name}`, description: sub.description })),
  );
}
