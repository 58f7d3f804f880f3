import { parseSchema } from "./parse-schema.ts";
import type { SchemaDefinition } from "./schema.ts";

/** The extension by which a user group of ours says who is in it. */
export const userGroupSchemaUrn = "urn:ietf:params:scim:schemas:extension:bridge:2.0:Group";

/** What a user group can be beside RFC 7643 §4.2: dynamic. */
export const userGroupSchema: SchemaDefinition = parseSchema({
  id: userGroupSchemaUrn,
  name: "User Group",
  description: "Groups that are kept by the bridge itself.",
  attributes: [
    {
      name: "memberFilter",
      description:
        "A SCIM filter over users (RFC 7644 section 3.4.2.2). With it the group is dynamic: its members are the users " +
        "whom the filter finds, kept up to date by the bridge, and cannot be written. Of user groups only: departments " +
        "and tags have none.",
      caseExact: true,
    },
  ],
});
