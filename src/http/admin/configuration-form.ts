import { z } from "@hono/zod-openapi";
import { isJsonObject } from "../../lib/json.ts";
import { jsonPointer } from "../../lib/json-pointer.ts";
import { textField } from "./fields.ts";
import { scimClientForm } from "./scim-clients.ts";
import { settingsForm } from "./settings.ts";
import { sourceForm } from "./source-schemas.ts";
import { targetForm } from "./target-schemas.ts";
import { filterField, sourcesField } from "./user-groups.ts";
import { webhookForm } from "./webhooks.ts";

// The configuration of a bridge as one document: what the management API takes one by one.

/**
 * A user group as a configuration holds it. Who is in a listed group is said by SCIM clients and administrators, by ids of
 * people, which are no configuration.
 */
export const dynamicGroupForm = z
  .strictObject({
    displayName: textField(400),
    externalId: textField(400).nullish(),
    memberFilter: filterField,
    sources: sourcesField.default("all"),
  })
  .openapi("DynamicGroupForm");

/** The lists of a configuration, in the order in which they are brought about; what goes, goes the other way round. */
export const configurationKinds = ["sources", "targets", "userGroups", "scimClients", "webhooks"] as const;

export type ConfigurationKind = (typeof configurationKinds)[number];

/** The member by which a thing of this kind is known. */
export const nameMember = {
  sources: "name",
  targets: "name",
  userGroups: "displayName",
  scimClients: "name",
  webhooks: "name",
} as const satisfies Record<ConfigurationKind, string>;

/** A list of a configuration may name so many; as a body it is limited anyhow. */
const mostThings = 10_000;

const list = <S extends z.ZodType>(form: S, description: string) =>
  z.array(form).max(mostThings).readonly().optional().openapi({ description });

/** Settings that are said; the others stay as they are. */
export const partialSettingsForm = z.strictObject(
  Object.fromEntries(
    Object.entries(settingsForm.shape).map(([key, field]) => [key, field.unwrap().optional()]),
  ) as unknown as { readonly [K in keyof typeof settingsForm.shape]: z.ZodOptional<z.ZodType> },
);

/** A whole configuration. */
export const configurationForm = z
  .strictObject({
    $schema: z.string().max(2048).optional().openapi({ description: "For editors." }),
    settings: partialSettingsForm
      .optional()
      .openapi({ description: "Settings of the bridge. What is not said stays as it is." }),
    sources: list(sourceForm, "Identity sources."),
    targets: list(targetForm, "Targets; `sources` by their names."),
    userGroups: list(dynamicGroupForm, "Dynamic user groups: a filter says who is in them."),
    scimClients: list(scimClientForm, "SCIM clients. The token of a new one is shown once."),
    webhooks: list(webhookForm, "Webhooks. The secret of a new one is shown once."),
  })
  .openapi("Configuration", {
    description:
      "Everything is known by its name. What is not said of a thing is as it would be of a new one; ******** stands for a secret that stays.",
  });

/** The same without what is in its parts: each thing has its own problems, and hides no other's. */
export const configurationOutline = z.strictObject({
  $schema: z.string().max(2048).optional(),
  settings: z.custom(isJsonObject, "has to be a JSON object").optional(),
  ...Object.fromEntries(configurationKinds.map((kind) => [kind, z.array(z.unknown()).max(mostThings).optional()])),
});

/** JSON Pointer of a thing in a configuration. */
export function placeOfThing(kind: ConfigurationKind, index: number): string {
  return jsonPointer([kind, index]);
}

const anyJson = z.unknown().optional();

const change = z.object({
  pointer: z.string().openapi({ description: "Below the thing (RFC 6901)." }),
  before: anyJson.openapi({ description: "Absent: it was not said." }),
  after: anyJson.openapi({ description: "Absent: it is not said any more. ******** on both sides: another secret." }),
});

/** What would be done with one thing. */
export const comparedView = z
  .object({
    kind: z.enum(["settings", ...configurationKinds]),
    name: z.string(),
    id: z.string().nullable().openapi({ description: "Null: it is not there yet, or the settings." }),
    place: z.string().nullable().openapi({ description: "JSON Pointer in the document; null: it is not in it." }),
    action: z.enum(["create", "update", "none", "unlisted"]),
    changes: z.array(change).readonly(),
    links: z.int().openapi({
      description:
        "Of a target that gets another baseUrl: how many links it has, of which has to be said what becomes of them.",
    }),
  })
  .openapi("ComparedThing");

export type ComparedThing = z.output<typeof comparedView>;
