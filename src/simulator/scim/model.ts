import { type Attribute, findAttribute, type Schema, subAttributesOf } from "./attribute.ts";
import { commonAttributes, enterpriseSchema, groupSchema, userSchema, wecomSchema } from "./schemas.ts";

export type TypeName = "User" | "Group";

/** A resource type (RFC 7643 §6) with everything needed to resolve an attribute's name. */
export interface Model {
  readonly type: TypeName;
  readonly endpoint: "Users" | "Groups";
  readonly core: Schema;
  readonly extensions: readonly Schema[];
  /** Common and core attributes: those that stand at the top of the resource. */
  readonly top: readonly Attribute[];
}

export type Models = Readonly<Record<TypeName, Model>>;

/**
 * What an attribute reference (RFC 7644 §3.10) points at: a whole extension, an attribute, or a sub-attribute.
 * `extension` is the schema whose object holds the attribute; undefined at the top of the resource.
 */
export type Located =
  | { readonly extension: Schema; readonly attribute?: undefined; readonly sub?: undefined }
  | { readonly extension: Schema | undefined; readonly attribute: Attribute; readonly sub: Attribute | undefined };

export function makeModels(options: { readonly wecomExtension: boolean }): Models {
  const extensions = options.wecomExtension ? [enterpriseSchema, wecomSchema] : [enterpriseSchema];
  return {
    User: makeModel("User", "Users", userSchema, extensions),
    Group: makeModel("Group", "Groups", groupSchema, []),
  };
}

/**
 * The models with this schema in place of the one of the same URN, or besides. A URN that ends in `:Group` extends
 * groups, any other extends users: the schema itself does not say (RFC 7643 §10.3 has them end so).
 */
export function withExtension(models: Models, schema: Schema): Models {
  const type: TypeName = /:group$/i.test(schema.id) ? "Group" : "User";
  const { endpoint, core, extensions } = models[type];
  const known = findExtension(models[type], schema.id);
  const changed =
    known === undefined
      ? [...extensions, schema]
      : // The URN stays as it is written: values are kept under it.
        extensions.map((each) => (each === known ? { ...schema, id: known.id } : each));
  return { ...models, [type]: makeModel(type, endpoint, core, changed) };
}

function makeModel(type: TypeName, endpoint: Model["endpoint"], core: Schema, extensions: readonly Schema[]): Model {
  return { type, endpoint, core, extensions, top: [...commonAttributes, ...core.attributes] };
}

/** The schema among the type's extensions with this URN; URNs compare without case (RFC 7644 §3.10). */
export function findExtension(model: Model, urn: string): Schema | undefined {
  return model.extensions.find((schema) => schema.id === urn || schema.id.toLowerCase() === urn.toLowerCase());
}

/** Resolves `userName`, `name.familyName`, `urn:…:User:manager.value`, `urn:…:User`; undefined when unknown. */
export function locate(model: Model, reference: string): Located | undefined {
  const lower = reference.toLowerCase();
  for (const extension of model.extensions) {
    const urn = extension.id.toLowerCase();
    if (lower === urn) return { extension };
    if (lower.startsWith(`${urn}:`)) return locateIn(extension.attributes, extension, reference.slice(urn.length + 1));
  }
  const core = `${model.core.id.toLowerCase()}:`;
  return locateIn(model.top, undefined, lower.startsWith(core) ? reference.slice(core.length) : reference);
}

function locateIn(
  attributes: readonly Attribute[],
  extension: Schema | undefined,
  reference: string,
): Located | undefined {
  const dot = reference.indexOf(".");
  const attribute = findAttribute(attributes, dot < 0 ? reference : reference.slice(0, dot));
  if (!attribute) return undefined;
  if (dot < 0) return { extension, attribute, sub: undefined };
  const sub = findAttribute(subAttributesOf(attribute), reference.slice(dot + 1));
  return sub && { extension, attribute, sub };
}
