import type { Check } from "../../lib/check.ts";
import type { SchemaDefinition } from "../../scim/catalog.ts";
import type { KnownSchemas } from "../target.ts";
import { isKnown } from "./known-schemas.ts";

/** An extension schema of ours, as far as the check looks at it. */
export type OwnExtension = Pick<SchemaDefinition, "id" | "attributes">;

/** Says which extension attributes are sent, and which of ours are not because the server does not know them. */
export function schemasCheck(schemas: KnownSchemas | null, ours: readonly OwnExtension[]): Check {
  const detail = [sentSentence(schemas), ...lackingSentences(schemas, ours)].join(" ");
  return { name: "schemas", ok: true, detail };
}

function sentSentence(schemas: KnownSchemas | null): string {
  if (schemas === null) {
    return "The server does not list its schemas, so only the core and the enterprise attributes are sent.";
  }
  const extensions = [...schemas.keys()].filter((urn) => urn.includes(":extension:"));
  return extensions.length === 0
    ? "There are no extension schemas, so only the core attributes are sent."
    : `Extension attributes are sent for ${extensions.join(", ")}.`;
}

function lackingSentences(schemas: KnownSchemas | null, ours: readonly OwnExtension[]): readonly string[] {
  if (schemas === null) return [];
  const lacking = ours.flatMap(({ id, attributes }) => {
    const names = attributes.map(({ name }) => name).filter((name) => !isKnown(schemas, id, name));
    if (names.length === 0) return [];
    return [names.length === attributes.length ? `all of ${id}` : `${names.join(", ")} of ${id}`];
  });
  if (lacking.length === 0) return [];
  return [
    `Of our attributes the server does not know these, so they are not sent: ${lacking.join("; ")}.`,
    "Once it knows them, a push to it brings their values.",
  ];
}
