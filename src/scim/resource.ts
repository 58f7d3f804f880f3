export type ResourceType = "User" | "Group";

export const coreUserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
export const coreGroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const enterpriseUserSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** The core schema of each resource type (RFC 7643 §4.1, §4.2). */
export const coreSchemaOf: Readonly<Record<ResourceType, string>> = { User: coreUserSchema, Group: coreGroupSchema };

/** One edge of a group (RFC 7643 §4.2 `members`). */
export interface Member {
  readonly value: string;
  readonly type: ResourceType;
}
