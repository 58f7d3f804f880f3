import type { JsonObject } from "../../lib/json.ts";
import { type Attribute, attribute, type Schema } from "./attribute.ts";
import { makeCasdoorApi } from "./casdoor-api.ts";
import { shownByScim } from "./casdoor-user.ts";
import type { Directory } from "./directory.ts";
import type { Models } from "./model.ts";
import type { Policy } from "./policy.ts";
import type { Service } from "./service.ts";

/** Kinds of service providers that behave otherwise than the RFCs say. */
export type ProductName = "casdoor" | "aws" | "put-only" | "github";

export interface Product {
  readonly description: string;
  readonly policy: Partial<Policy>;
  readonly returnMembers?: boolean;
  readonly wecomExtension?: boolean;
  /** The schemas that it has in place of the plain ones. */
  readonly schemas?: (models: Models) => Models;
  /** What SCIM shows of a user that is held. */
  readonly shown?: (user: JsonObject) => JsonObject;
  /** An API of its own, beside SCIM, below `/api`. */
  readonly api?: (parts: { readonly directory: Directory; readonly token: string }) => Service;
}

const organization = (id: string, name: string): Schema => ({
  id,
  name,
  description: "Where it belongs",
  attributes: [attribute("organization", "string", "The organization", { required: true })],
});

/** What Casdoor's schema of a user holds: the attributes, and what of those with several values. */
const casdoorUser: ReadonlyMap<string, readonly string[] | null> = new Map([
  ["userName", null],
  ["password", null],
  ["displayName", null],
  ["profileUrl", null],
  ["userType", null],
  ["name", ["givenName", "familyName"]],
  ["emails", ["value"]],
  ["phoneNumbers", ["value"]],
  ["photos", ["value"]],
  ["addresses", ["locality", "region", "country"]],
]);

const awsRequired: ReadonlySet<string> = new Set(["displayName", "name", "givenName", "familyName"]);

/** Behave like products whose documentation or source says so. None of them is the product. */
export const products: Readonly<Record<ProductName, Product>> = {
  casdoor: {
    description:
      "ignores filters, clears a group for any removal, takes no active, wants an organization; has its own API",
    shown: shownByScim,
    api: makeCasdoorApi,
    policy: {
      nestedGroups: false,
      unknownMembers: "skipped",
      filters: "ignored",
      memberRemoval: "clears",
      parameters: ["userId"],
      disguisedRefusals: true,
      values: "first",
      externalIdUpdates: false,
      put: "resets",
    },
    wecomExtension: false,
    schemas: ({ User, Group }) => ({
      User: withSchemas(User, only(User.core, casdoorUser), [
        organization("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "EnterpriseUser"),
      ]),
      Group: withSchemas(Group, Group.core, [
        organization("urn:ietf:params:scim:schemas:extension:enterprise:2.0:Group", "EnterpriseGroup"),
      ]),
    }),
  },
  aws: {
    description: "100 members in a request, never all at once and never shown, one value each, filters with eq alone",
    policy: {
      nestedGroups: false,
      filters: "eq",
      memberReplace: false,
      values: "one",
      maxMembersPerPatch: 100,
      userAgent: true,
    },
    returnMembers: false,
    wecomExtension: false,
    schemas: ({ User, Group }) => ({
      User: withSchemas(User, requiring(User.core, awsRequired), User.extensions),
      Group,
    }),
  },
  "put-only": { description: "takes no PATCH", policy: { patch: false } },
  github: { description: "refuses requests without User-Agent", policy: { userAgent: true, nestedGroups: false } },
};

function withSchemas(model: Models["User"], core: Schema, extensions: readonly Schema[]): Models["User"] {
  const common = model.top.filter((each) => !model.core.attributes.includes(each));
  return { ...model, core, extensions, top: [...common, ...core.attributes] };
}

function only(schema: Schema, kept: ReadonlyMap<string, readonly string[] | null>): Schema {
  const attributes = schema.attributes.flatMap((each): Attribute[] => {
    const parts = kept.get(each.name);
    if (parts === undefined) return [];
    if (parts === null || each.subAttributes === undefined) return [each];
    return [{ ...each, subAttributes: each.subAttributes.filter(({ name }) => parts.includes(name)) }];
  });
  return { ...schema, attributes };
}

function requiring(schema: Schema, names: ReadonlySet<string>): Schema {
  const mark = (each: Attribute): Attribute => ({
    ...each,
    required: each.required || names.has(each.name),
    ...(each.subAttributes && each.name === "name" ? { subAttributes: each.subAttributes.map(mark) } : {}),
  });
  return { ...schema, attributes: schema.attributes.map(mark) };
}
