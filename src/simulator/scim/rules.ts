/**
 * What a client is held to: a violation names one of these. A rule whose breach the RFC answers with an error is also
 * refused; a breach that is legal but careless is only recorded.
 */
export const rules = {
  "http-method": "The method is defined for this endpoint (RFC 7644 §3.2).",
  "http-media-type": "A body is sent as application/scim+json, in UTF-8 (RFC 7644 §3.8, §8.1).",
  "http-accept": "An Accept header, if there is one, admits application/scim+json (RFC 7644 §3.8).",
  "http-json": "A body is one JSON object (RFC 7644 §3.8).",
  "feature-unsupported": "What ServiceProviderConfig says is unsupported is not used (RFC 7643 §5).",
  "query-filter": "A filter follows the grammar and names known attributes (RFC 7644 §3.4.2.2).",
  "query-paging": "startIndex and count are whole numbers, of at least 1 and 0 (RFC 7644 §3.4.2.4).",
  "query-attributes":
    "attributes and excludedAttributes name known attributes, and one of them at most (RFC 7644 §3.9).",
  "schemas-missing": "A resource and a message name their schemas (RFC 7643 §3).",
  "schemas-unknown": "schemas holds only schemas of the resource type (RFC 7643 §3).",
  "schemas-undeclared": "A resource lists in schemas every extension it has attributes of (RFC 7643 §3).",
  "attribute-unknown": "Attributes are those of the declared schemas (RFC 7643 §3.1).",
  "attribute-twice": "An attribute is given once, whatever its letter case (RFC 7643 §2.1).",
  "attribute-type": "A value has the type that the schema says; a boolean is not a string (RFC 7643 §2.3).",
  "attribute-required": "A required attribute has a value (RFC 7643 §2.2).",
  "attribute-read-only": "A client does not send what only the service provider sets (RFC 7643 §2.2).",
  "value-null": "null says the same as leaving it out (RFC 7643 §2.5).",
  "value-empty": "An empty array or object says the same as leaving it out (RFC 7643 §2.5).",
  "value-duplicate": "A multi-valued attribute does not hold a value of a type twice (RFC 7643 §2.4).",
  "value-primary": "At most one value is primary (RFC 7643 §2.4).",
  "value-single": "This service provider takes one value of each attribute.",
  "manager-unknown": "manager.value is the id of a user (RFC 7643 §4.3).",
  "member-unknown": "A member is the id of an existing user or group (RFC 7643 §4.2).",
  "member-type": "A member's type is User or Group, as the resource is, and $ref ends in its id (RFC 7643 §4.2).",
  "member-duplicate": "A request names a member once.",
  "member-self": "A group is not its own member.",
  "member-nested": "This service provider does not take groups as members of groups.",
  "member-limit": "A PATCH names no more members than this service provider takes.",
  "member-replace": "This service provider does not take a change of all members at once.",
  "patch-operations": "Operations is a list of one operation or more, of op, path and value (RFC 7644 §3.5.2).",
  "patch-op": "op is add, remove or replace, in lower case (RFC 7644 §3.5.2).",
  "patch-path": "A path follows the grammar and names a known attribute (RFC 7644 §3.5.2, figure 7).",
  "patch-value": "add and replace have a value; remove has none (RFC 7644 §3.5.2.1–3).",
  "patch-no-target": "remove has a path, and a value filter of add and replace finds something (RFC 7644 §3.5.2).",
  "patch-mutability": "A read-only, immutable or required attribute is not modified away (RFC 7644 §3.5.2).",
} as const;

export type Rule = keyof typeof rules;

/** Requests that are right and achieve nothing. */
export const wastes = {
  "patch-changes-nothing": "A PATCH whose outcome is what was there.",
  "put-changes-nothing": "A PUT whose outcome is what was there.",
  "member-already-there": "A PATCH that changes something, and adds a member that is there or removes one that is not.",
  "create-of-existing": "A POST refused because of a resource with the same externalId.",
  "delete-of-absent": "A DELETE of what is not there.",
} as const;

export type Waste = keyof typeof wastes;
