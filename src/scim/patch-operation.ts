import type { Json } from "../lib/json.ts";
import type { ElementFilter } from "./resolve-filter.ts";
import type { SchemaDefinition } from "./schemas/schema.ts";
import type { DocumentPlace } from "./write/document-attribute.ts";
import type { NamedMembers } from "./write/members.ts";
import type { SubValue } from "./write/parse-attribute.ts";

/**
 * One step of a PATCH (RFC 7644 §3.5.2), its names found in the schemas and its value checked: what is left to do needs
 * the document. An operation without a path is a step for each attribute that it names.
 */
export type PatchOperation =
  | { readonly kind: "attribute"; readonly at: string; readonly place: DocumentPlace; readonly edit: Edit }
  /** Takes an extension away. */
  | { readonly kind: "extension"; readonly at: string; readonly schema: SchemaDefinition }
  | { readonly kind: "members"; readonly at: string; readonly edit: MembershipEdit };

/** What becomes of the value of one attribute. */
export type Edit =
  /** Takes the place of the whole value; null clears. */
  | { readonly kind: "assign"; readonly value: Json | null }
  /** Sets parts of a complex attribute with one value, and leaves the others (§3.5.2.3). */
  | { readonly kind: "merge"; readonly values: readonly SubEdit[] }
  /** Adds to a multi-valued attribute (§3.5.2.1). */
  | { readonly kind: "append"; readonly elements: readonly Json[] }
  /** Takes away the elements that have all the values of one of these: a removal with a value. */
  | { readonly kind: "discard"; readonly patterns: readonly Pattern[] }
  /** Changes the elements that a filter chooses; null chooses all. */
  | {
      readonly kind: "elements";
      readonly filter: ElementFilter | null;
      readonly change: ElementChange;
      readonly ifNone: IfNone;
    };

/** @see RFC 7644 §3.5.2.1: what is added to a part with several values does not take their place. */
export interface SubEdit extends SubValue {
  readonly append: boolean;
}

/** Values that an element has to have, or an element itself where it is simple. */
export type Pattern = readonly SubValue[] | string | number | boolean;

export type ElementChange =
  | { readonly kind: "merge"; readonly values: readonly SubEdit[] }
  | { readonly kind: "replace"; readonly element: Json }
  | { readonly kind: "remove" };

/** Where no element is chosen: another is made, nothing is done, or the operation fails with `noTarget`. */
export type IfNone = { readonly kind: "create"; readonly element: Json } | { readonly kind: "ignore" | "refuse" };

/** What becomes of the members of a group, whoever they are (RFC 7643 §4.2). */
export type MembershipEdit =
  | { readonly kind: "add" | "replace"; readonly members: NamedMembers }
  | { readonly kind: "remove"; readonly ids: ReadonlySet<string> };
