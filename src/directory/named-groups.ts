import { foldCase } from "../lib/fold.ts";
import type { AttributeMatch } from "../scim/catalog.ts";
import type { FilterValue } from "../scim/filter.ts";
import type { ElementFilter, ResolvedFilter } from "../scim/resolve-filter.ts";
import { ScimError } from "../scim/scim-error.ts";
import type { GroupReader, NamedGroup } from "../store/store.ts";

// Groups that a filter over users names one by one: `groups.display eq "…"`, `groups.value eq "…"`. A rule looks at
// departments, tags and listed groups; one that names a dynamic group would find nobody, without a word.

/** A group that a filter names, as it is written there. */
interface Reference {
  readonly by: "display" | "value";
  readonly written: string;
}

/** Whether a rule goes by the groups that people are in. */
export function mentionsGroups(filter: ResolvedFilter): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.some(mentionsGroups);
    case "not":
      return mentionsGroups(filter.filter);
    case "constant":
      return false;
    default:
      return isGroups(filter.at);
  }
}

/**
 * @param own the group that the filter is for, as it will be: dynamic. Its id is null before it is made
 * @throws {ScimError} 400 invalidValue for a filter that names a dynamic group, itself among them
 */
export async function refuseDynamicNames(
  groups: Pick<GroupReader, "groupsNamed">,
  filter: ResolvedFilter,
  own: { readonly id: string | null; readonly displayName: string } | null,
): Promise<void> {
  const references = referencesOf(filter);
  const found: NamedGroup[] = (await groupsOf(groups, references)).map((group) =>
    group.id === own?.id ? { ...group, isDynamic: true } : group,
  );
  if (own !== null) found.push({ id: own.id ?? "", name: foldCase(own.displayName), isDynamic: true });
  const dynamic = references.find((reference) => {
    const meant = found.filter((group) => isMeant(reference, group));
    // Beside a department of the same name the filter finds that one's people.
    return meant.length > 0 && meant.every(({ isDynamic }) => isDynamic);
  });
  if (dynamic === undefined) return;
  throw new ScimError(
    400,
    "invalidValue",
    `memberFilter: groups.${dynamic.by} eq ${JSON.stringify(dynamic.written)} names a dynamic group, and a filter sees only departments, tags and groups with a list of members: put that group's own filter there`,
  );
}

/** What a person should know of a filter that names groups which are not there; null where all are. */
export async function missingNames(
  groups: Pick<GroupReader, "groupsNamed">,
  filter: ResolvedFilter,
): Promise<string | null> {
  const references = referencesOf(filter);
  const found = await groupsOf(groups, references);
  const missing = references.filter((reference) => !found.some((group) => isMeant(reference, group)));
  if (missing.length === 0) return null;
  const named = missing.map(({ by, written }) => `groups.${by} eq ${JSON.stringify(written)}`);
  return `there is no such group, and nobody matches that: ${named.slice(0, mostNamed).join(", ")}`;
}

/** How many a sentence lists. */
const mostNamed = 5;

async function groupsOf(
  groups: Pick<GroupReader, "groupsNamed">,
  references: readonly Reference[],
): Promise<readonly NamedGroup[]> {
  if (references.length === 0) return [];
  const by = (which: Reference["by"]) => references.filter((reference) => reference.by === which);
  return groups.groupsNamed(
    by("display").map(({ written }) => foldCase(written)),
    by("value").map(({ written }) => written),
  );
}

function isMeant({ by, written }: Reference, { id, name }: NamedGroup): boolean {
  return by === "value" ? id === written : name === foldCase(written);
}

function referencesOf(filter: ResolvedFilter): readonly Reference[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.flatMap(referencesOf);
    case "not":
      return referencesOf(filter.filter);
    case "element":
      return isGroups(filter.at) ? elementReferences(filter.filter) : [];
    case "compare":
      return isGroups(filter.at) ? toReference(filter.operator, filter.at.sub?.name, filter.value) : [];
    default:
      return [];
  }
}

function elementReferences(filter: ElementFilter): readonly Reference[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.flatMap(elementReferences);
    case "not":
      return elementReferences(filter.filter);
    case "compare":
      return toReference(filter.operator, filter.at?.name, filter.value);
    default:
      return [];
  }
}

function toReference(operator: string, sub: string | undefined, written: FilterValue): readonly Reference[] {
  if (operator !== "eq" || typeof written !== "string") return [];
  const by = bySub.get(sub ?? "value");
  return by === undefined ? [] : [{ by, written }];
}

const bySub: ReadonlyMap<string, Reference["by"]> = new Map([
  ["display", "display"],
  ["value", "value"],
]);

function isGroups({ extension, attribute }: AttributeMatch): boolean {
  return extension === null && attribute.name === "groups";
}
