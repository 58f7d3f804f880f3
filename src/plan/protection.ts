import type { JsonObject } from "../lib/json.ts";
import type { AttributeMatch, SchemaCatalog } from "../scim/catalog.ts";
import { matchesFilter } from "../scim/match-filter.ts";
import { parseFilter } from "../scim/parse-filter.ts";
import { type ResolvedFilter, resolveFilter } from "../scim/resolve-filter.ts";
import type { ResourceType } from "../scim/resource.ts";
import { ScimError } from "../scim/scim-error.ts";

/** The filters of protected accounts, as safeguards have them. */
export interface ProtectionSettings {
  /** Of people. */
  readonly protected?: string;
  readonly protectedGroups?: string;
}

/** Which accounts are never overwritten, deactivated or deleted. */
export interface Protection {
  /** The filters as they were written; null: nobody of that type. */
  readonly by: Readonly<Record<ResourceType, string | null>>;
  /** Whether one of these documents of the same account fits the filter. */
  readonly fits: (type: ResourceType, documents: readonly JsonObject[]) => boolean;
  /** The same filters for the store. */
  readonly filters: Readonly<Record<ResourceType, ResolvedFilter | null>>;
}

/** A filter of protected accounts that cannot be used: nothing is changed then. */
export class ProtectionError extends Error {
  /** The member of the safeguards. */
  readonly key: keyof ProtectionSettings;
  /** Where in the filter, from 1; null where it is not of one place. */
  readonly column: number | null;

  constructor(key: keyof ProtectionSettings, detail: string) {
    super(`is no filter of accounts: ${detail}`);
    this.name = "ProtectionError";
    this.key = key;
    const at = /at character (\d+)/.exec(detail)?.[1];
    this.column = at === undefined ? null : Number(at);
  }
}

const keys = { User: "protected", Group: "protectedGroups" } as const;

/** What no document of an account holds, or what is another at each server. */
const outside: ReadonlySet<string> = new Set(["id", "meta", "groups", "members"]);

/**
 * The protection that safeguards ask for; it may protect nobody.
 *
 * @throws {ProtectionError}
 */
export function compileProtection(settings: ProtectionSettings, catalog: SchemaCatalog): Protection {
  const filters = { User: compile(settings, "User", catalog), Group: compile(settings, "Group", catalog) };
  return {
    by: { User: settings.protected ?? null, Group: settings.protectedGroups ?? null },
    filters,
    fits: (type, documents) => {
      const filter = filters[type];
      return filter !== null && documents.some((document) => matchesFilter(filter, alone(type, document)));
    },
  };
}

/** Whether anybody at all can be protected. */
export function protectsSome({ by }: Pick<Protection, "by">): boolean {
  return by.User !== null || by.Group !== null;
}

/** Why nothing was done to an account, as records say it. */
export function protectedReason(filter: string): string {
  return `protected by ${filter}`;
}

function compile(settings: ProtectionSettings, type: ResourceType, catalog: SchemaCatalog): ResolvedFilter | null {
  const text = settings[keys[type]];
  if (text === undefined) return null;
  try {
    const filter = resolveFilter(parseFilter(text), type, catalog);
    const name = outsideName(filter);
    if (name === null) return filter;
    throw new ScimError(
      400,
      "invalidFilter",
      `${name} is no attribute that an account is protected by; name one of its own`,
    );
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    throw new ProtectionError(keys[type], withPlace(text, error.message));
  }
}

/** Of a name that is refused where it stands: the grammar's own refusals say that already. */
function withPlace(text: string, detail: string): string {
  if (detail.includes("at character ")) return detail;
  const name = /[\p{L}][\p{L}\p{N}:._-]+/gu;
  const isNamed = (word: string): boolean =>
    detail.includes(word) || detail.startsWith(`${word.split(".")[0] ?? word} `);
  const found = [...text.matchAll(name)].find(([word]) => isNamed(word) && !/^(and|or|not|pr|eq)$/i.test(word));
  return found === undefined ? detail : `${detail} at character ${found.index + 1} of the filter`;
}

function outsideName(filter: ResolvedFilter): string | null {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.map(outsideName).find((name) => name !== null) ?? null;
    case "not":
      return outsideName(filter.filter);
    case "constant":
      return null;
    default:
      return nameOutside(filter.at);
  }
}

function nameOutside({ attribute, extension }: AttributeMatch): string | null {
  return extension === null && outside.has(attribute.name) ? attribute.name : null;
}

function alone(type: ResourceType, document: JsonObject) {
  return { type, document, id: "", createdAt: 0, lastModifiedAt: 0, edges: [] };
}
