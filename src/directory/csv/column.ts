import type { SchemaCatalog } from "../../scim/catalog.ts";
import { enterpriseUserSchema } from "../../scim/resource.ts";
import type { AttributeDefinition } from "../../scim/schemas/schema.ts";
import { ScimError } from "../../scim/scim-error.ts";
import { besideDocument, type DocumentPlace, isNotKept, nameOf } from "../../scim/write/document-attribute.ts";
import { type ElementsTarget, findPatchTarget, type PatchTarget } from "../../scim/write/patch-target.ts";
import { findName, wordsOfPath } from "./heading-names.ts";
import { stripMarks } from "./strip-marks.ts";
import { truthWords, type Words } from "./words.ts";

/** What a column of a file was understood as. */
export type ColumnMeaning =
  | { readonly kind: "userName" | "departments" | "manager"; readonly meaning: string }
  | AttributeColumn
  /** Not understood, or nothing that an import does. */
  | { readonly kind: "ignored"; readonly note: string }
  /** Something that nobody may write: the file has to change. */
  | { readonly kind: "refused"; readonly note: string };

export interface AttributeColumn {
  readonly kind: "attribute";
  /** The paths, spelled as the schemas spell them. */
  readonly meaning: string;
  /** What gets the value of the cell; those after the first only where no other column is for them. */
  readonly paths: readonly string[];
  /** Of what the first path ends in; never complex. */
  readonly definition: AttributeDefinition;
  /** The only words that cells may have; null for any text that is of the type. */
  readonly words: Words | null;
  /** Among columns of one meaning, the lower one is preferred; null for a path, beside which there may be none. */
  readonly rank: number | null;
  readonly note: string | null;
}

export type Column = { readonly heading: string } & ColumnMeaning;

/** Reads a heading: a name of the table, else a SCIM attribute path. */
export function parseColumn(heading: string, catalog: SchemaCatalog): Column {
  const name = findName(heading);
  if (name === null) return { heading, ...understandPath(stripMarks(heading), catalog) };
  const { means, rank } = name;
  if (typeof means === "string") return { heading, kind: means, meaning: means };
  const [first, ...others] = means.paths;
  const understood = understandPath(first, catalog);
  if (understood.kind !== "attribute") return { heading, ...understood };
  const { words = understood.words, note = null } = means;
  const paths = [...understood.paths, ...others];
  return { heading, ...understood, paths, meaning: paths.join(", "), words, rank, note };
}

function understandPath(path: string, catalog: SchemaCatalog): ColumnMeaning {
  if (path === "") return ignored("It has no heading");
  const [first = ""] = /^[^.[]*/.exec(path) ?? [];
  if (besideDocument.has(first.trim().toLowerCase())) {
    return refused("It is made by this server and cannot be imported");
  }
  const target = findTarget(path, catalog);
  if (target === null) return ignored("It is no heading that is known, and no attribute of a User");
  if (target.kind === "extension" || target.kind === "members") return ignored(nameOnePart);
  const { place } = target;
  const sub = target.kind === "attribute" ? null : target.sub;
  if (place.attribute.mutability === "readOnly" || sub?.mutability === "readOnly") return refused("It is readOnly");
  if (isNotKept(place)) return ignored("It is not kept by this server");
  if (isManager(place)) return ignored("The manager is imported by userName, in a column manager or 直属上级");
  const definition = sub ?? place.attribute;
  if (definition.type === "complex") return ignored(nameOnePart);
  if (target.kind === "elements") return understandElements(target, definition);
  if (place.extension === null && place.attribute.name === "userName") return { kind: "userName", meaning: "userName" };
  const meaning = sub === null ? nameOf(place) : `${nameOf(place)}.${sub.name}`;
  return attribute(meaning, definition);
}

// A value for elements that a filter does not pin down would go to all of them, or to one that cannot be made.
function understandElements(
  { place, sub, filter, terms }: ElementsTarget,
  definition: AttributeDefinition,
): ColumnMeaning {
  const { multiValued, name } = place.attribute;
  if (!multiValued || sub === null || filter === null || terms === null || terms.length === 0) {
    return ignored(`It does not say which one of several is meant, as ${name}[type eq "work"].value would`);
  }
  if (terms.some((term) => term.sub === sub)) return ignored("It sets what its own filter looks at");
  const conditions = terms.map((term) => `${term.sub.name} eq ${JSON.stringify(term.value)}`).sort();
  const meaning = `${nameOf(place)}[${conditions.join(" and ")}].${sub.name}`;
  return attribute(meaning, definition);
}

function attribute(meaning: string, definition: AttributeDefinition): AttributeColumn {
  const words = wordsOfPath(meaning) ?? (definition.type === "boolean" ? truthWords : null);
  return { kind: "attribute", meaning, paths: [meaning], definition, words, rank: null, note: null };
}

const nameOnePart = "It has several parts: name one of them, as name.givenName does";

const ignored = (note: string) => ({ kind: "ignored", note }) as const;
const refused = (note: string) => ({ kind: "refused", note }) as const;

function findTarget(path: string, catalog: SchemaCatalog): PatchTarget | null {
  try {
    return findPatchTarget(path, "User", catalog);
  } catch (error) {
    if (error instanceof ScimError) return null;
    throw error;
  }
}

function isManager({ extension, attribute }: DocumentPlace): boolean {
  return extension === enterpriseUserSchema && attribute.name === "manager";
}
