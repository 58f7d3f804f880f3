import type { JsonObject } from "../lib/json.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import { textOf } from "../scim/document.ts";
import { ScimError } from "../scim/scim-error.ts";
import {
  type DirectoryWrite,
  type GroupRule,
  userGroups,
  type VisibleSources,
  type WritableRow,
} from "../store/store.ts";
import { mentionsGroups, refuseDynamicNames } from "./named-groups.ts";
import { compileRules, memberFilterOf, mostRules, parseRule } from "./rules.ts";
import type { Writer } from "./writing.ts";

// The rule that a written group is to have, and who may give it that.

/**
 * The rule of a group that is made with this document; null for one whose members are listed.
 *
 * @throws {ScimError} 400 invalidValue for a filter that is none, or names a dynamic group; 403 beyond {@link mostRules}
 */
export async function ruleOfNew(
  write: DirectoryWrite,
  document: JsonObject,
  writer: Writer,
  catalog: SchemaCatalog,
): Promise<GroupRule | null> {
  const filter = memberFilterOf(document);
  if (filter === null) return null;
  await checkFilter(write, filter, { id: null, document }, catalog);
  await refuseTooMany(write);
  return { filter, sources: withoutGroups(writer.ruleSources ?? writer.sources) };
}

/**
 * The rule of a group that becomes this document. Another filter looks at the sources that the one before looked at,
 * unless the writer says which. The custom source's departments are no user groups, and have none.
 *
 * @throws {ScimError} as {@link ruleOfNew}; 403 for who would take people out, or let them stay, whom he does not see
 */
export async function nextRule(
  write: DirectoryWrite,
  row: WritableRow,
  document: JsonObject,
  writer: Writer,
  catalog: SchemaCatalog,
): Promise<GroupRule | null> {
  if (row.kind !== "group") return null;
  const filter = memberFilterOf(document);
  if (filter === null && row.rule === null) return null;
  const sources = withoutGroups(writer.ruleSources ?? row.rule?.sources ?? writer.sources);
  const isSame = filter === row.rule?.filter;
  if (row.rule !== null && isSame && isWithin(sources, row.rule.sources) && isWithin(row.rule.sources, sources)) {
    return row.rule;
  }
  await refuseUnseen(write, row, writer);
  if (filter === null) return null;
  if (!isSame) await checkFilter(write, filter, { id: row.id, document }, catalog);
  if (row.rule === null) await refuseTooMany(write);
  return { filter, sources };
}

async function refuseUnseen(write: DirectoryWrite, { id, rule }: WritableRow, { sources }: Writer): Promise<void> {
  if (rule !== null && !isWithin(rule.sources, sources)) {
    throw new ScimError(
      403,
      null,
      "The memberFilter of this group finds people of sources that this client does not see: only a client that sees them all, or an administrator, can change it",
    );
  }
  if (rule === null && (await write.hasMembersBeyond(id, sources))) {
    throw new ScimError(
      403,
      null,
      "This group has members that this client does not see, and a memberFilter would take them out: only a client that sees them all, or an administrator, can give it one",
    );
  }
}

/**
 * Before a user group gets another name for rules: they would take in, or let go, people whom the writer does not see.
 *
 * @throws {ScimError} 403
 */
export async function refuseUnseenRename(
  write: DirectoryWrite,
  { id }: WritableRow,
  { sources }: Writer,
  catalog: SchemaCatalog,
): Promise<void> {
  if (!(await write.hasMembersBeyond(id, sources))) return;
  const looking = compileRules(await write.listRules(), catalog).filter(({ filter }) => mentionsGroups(filter));
  if (looking.length === 0) return;
  throw new ScimError(
    403,
    null,
    "This group has members that this client does not see, and dynamic groups go by the names of groups: only a client that sees them all, or an administrator, can rename it",
  );
}

/** @throws {ScimError} 403 for a user group with members whom the writer does not see */
export async function refuseUnseenDelete(
  write: DirectoryWrite,
  { id }: WritableRow,
  { sources }: Writer,
): Promise<void> {
  if (!(await write.hasMembersBeyond(id, sources))) return;
  throw new ScimError(
    403,
    null,
    "This group has members that this client does not see: only a client that sees them all, or an administrator, can delete it",
  );
}

async function checkFilter(
  write: DirectoryWrite,
  filter: string,
  { id, document }: { readonly id: string | null; readonly document: JsonObject },
  catalog: SchemaCatalog,
): Promise<void> {
  const displayName = textOf(document, "displayName") ?? "";
  await refuseDynamicNames(write, parseRule(filter, catalog), { id, displayName });
}

async function refuseTooMany(write: DirectoryWrite): Promise<void> {
  if ((await write.listRules()).length < mostRules) return;
  throw new ScimError(403, null, `There are ${mostRules} dynamic groups already, and there cannot be more`);
}

/** User groups have no people of their own. */
function withoutGroups(sources: VisibleSources): VisibleSources {
  return sources === "all" ? sources : sources.filter((id) => id !== userGroups);
}

function isWithin(sources: VisibleSources, others: VisibleSources): boolean {
  if (others === "all") return true;
  return sources !== "all" && sources.every((id) => id === userGroups || others.includes(id));
}
