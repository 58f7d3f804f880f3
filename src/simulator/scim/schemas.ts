import { type Attribute, attribute, type Schema } from "./attribute.ts";

const text = (name: string, description: string, differs: Parameters<typeof attribute>[3] = {}): Attribute =>
  attribute(name, "string", description, differs);

/** A multi-valued attribute with the sub-attributes of RFC 7643 §2.4. */
const plural = (
  name: string,
  description: string,
  types: readonly string[],
  value: Attribute = text("value", "The value"),
): Attribute =>
  attribute(name, "complex", description, {
    multiValued: true,
    subAttributes: [
      value,
      text("display", "A name to show"),
      text("type", "What it is used for", types.length > 0 ? { canonicalValues: types } : {}),
      attribute("primary", "boolean", "The preferred one; true at most once"),
    ],
  });

/** Attributes of every resource (RFC 7643 §3), which no schema lists. */
export const commonAttributes: readonly Attribute[] = [
  attribute("schemas", "reference", "The schemas of the resource", {
    multiValued: true,
    required: true,
    returned: "always",
    caseExact: false,
  }),
  text("id", "The service provider's identifier", { mutability: "readOnly", returned: "always", caseExact: true }),
  text("externalId", "The client's identifier", { caseExact: true }),
  attribute("meta", "complex", "About the resource", {
    mutability: "readOnly",
    subAttributes: [
      text("resourceType", "The resource type", { mutability: "readOnly", caseExact: true }),
      attribute("created", "dateTime", "When it was created", { mutability: "readOnly" }),
      attribute("lastModified", "dateTime", "When it last changed", { mutability: "readOnly" }),
      attribute("location", "reference", "Its URI", { mutability: "readOnly" }),
      text("version", "Its entity tag", { mutability: "readOnly", caseExact: true }),
    ],
  }),
];

/** RFC 7643 §4.1, with the errata to §8.7.1. */
export const userSchema: Schema = {
  id: "urn:ietf:params:scim:schemas:core:2.0:User",
  name: "User",
  description: "User Account",
  attributes: [
    text("userName", "Unique name by which the user signs in", { required: true, uniqueness: "server" }),
    attribute("name", "complex", "The parts of the name", {
      subAttributes: [
        text("formatted", "The full name"),
        text("familyName", "Family name"),
        text("givenName", "Given name"),
        text("middleName", "Middle name"),
        text("honorificPrefix", "Title before the name"),
        text("honorificSuffix", "Suffix after the name"),
      ],
    }),
    text("displayName", "The name to show"),
    text("nickName", "Casual name"),
    attribute("profileUrl", "reference", "Page about the user", { referenceTypes: ["external"] }),
    text("title", "Position"),
    text("userType", "Relation to the organisation"),
    text("preferredLanguage", "Language, as in Accept-Language"),
    text("locale", "Locale for numbers and dates"),
    text("timezone", "Time zone of the IANA database"),
    attribute("active", "boolean", "Whether the user may sign in"),
    text("password", "Clear-text password", { mutability: "writeOnly", returned: "never" }),
    plural("emails", "E-mail addresses", ["work", "home", "other"]),
    plural("phoneNumbers", "Phone numbers", ["work", "home", "mobile", "fax", "pager", "other"]),
    plural("ims", "Instant messaging addresses", []),
    plural(
      "photos",
      "URLs of photos",
      ["photo", "thumbnail"],
      attribute("value", "reference", "URL of the photo", { referenceTypes: ["external"] }),
    ),
    attribute("addresses", "complex", "Postal addresses", {
      multiValued: true,
      subAttributes: [
        text("formatted", "The address as one text"),
        text("streetAddress", "Street and house"),
        text("locality", "City"),
        text("region", "State or region"),
        text("postalCode", "Postal code"),
        text("country", "Country, ISO 3166-1 alpha-2"),
        text("type", "What it is used for", { canonicalValues: ["work", "home", "other"] }),
        attribute("primary", "boolean", "The preferred one; true at most once"),
      ],
    }),
    attribute("groups", "complex", "The groups the user is in; changed through Group only", {
      multiValued: true,
      mutability: "readOnly",
      subAttributes: [
        text("value", "The group's id", { mutability: "readOnly", caseExact: true }),
        attribute("$ref", "reference", "The group's URI", { mutability: "readOnly", referenceTypes: ["Group"] }),
        text("display", "The group's name", { mutability: "readOnly" }),
        text("type", "direct or indirect", { mutability: "readOnly", canonicalValues: ["direct", "indirect"] }),
      ],
    }),
    plural("entitlements", "Entitlements", []),
    plural("roles", "Roles", []),
    plural("x509Certificates", "Certificates", [], attribute("value", "binary", "DER certificate, base64")),
  ],
};

/** RFC 7643 §4.2; `displayName` is required (erratum 5368). */
export const groupSchema: Schema = {
  id: "urn:ietf:params:scim:schemas:core:2.0:Group",
  name: "Group",
  description: "Group",
  attributes: [
    text("displayName", "The name to show", { required: true }),
    attribute("members", "complex", "The members", {
      multiValued: true,
      subAttributes: [
        text("value", "The member's id", { mutability: "immutable", caseExact: true, required: true }),
        attribute("$ref", "reference", "The member's URI", {
          mutability: "immutable",
          referenceTypes: ["User", "Group"],
        }),
        text("type", "User or Group", { mutability: "immutable", canonicalValues: ["User", "Group"] }),
        text("display", "A name to show; accepted and not kept", { mutability: "immutable" }),
      ],
    }),
  ],
};

/** RFC 7643 §4.3. */
export const enterpriseSchema: Schema = {
  id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
  name: "EnterpriseUser",
  description: "Enterprise User",
  attributes: [
    text("employeeNumber", "Number given by the organisation"),
    text("costCenter", "Cost centre"),
    text("organization", "Organisation"),
    text("division", "Division"),
    text("department", "Department"),
    attribute("manager", "complex", "The user's manager", {
      subAttributes: [
        text("value", "The manager's id", { caseExact: true }),
        attribute("$ref", "reference", "The manager's URI", { referenceTypes: ["User"] }),
        text("displayName", "The manager's name", { mutability: "readOnly" }),
      ],
    }),
  ],
};

/** What WeCom knows of a member and no standard schema has a place for. */
export const wecomSchema: Schema = {
  id: "urn:ietf:params:scim:schemas:extension:wecom:2.0:User",
  name: "WeComUser",
  description: "WeCom member",
  attributes: [
    text("gender", "male or female"),
    attribute("status", "integer", "1 active, 2 disabled, 4 not yet active, 5 left"),
    text("mainDepartment", "Id of the main department"),
  ],
};
