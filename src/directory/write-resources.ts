import type { JsonObject } from "../lib/json.ts";
import type { SchemaCatalog } from "../scim/catalog.ts";
import { textOf } from "../scim/document.ts";
import { diffDocuments } from "../scim/document-diff.ts";
import type { MembershipDelta } from "../scim/membership-delta.ts";
import { parsePatch } from "../scim/parse-patch.ts";
import { parseReplacement, parseResource } from "../scim/parse-resource.ts";
import { applyPatch } from "../scim/patch.ts";
import type { ResourceType } from "../scim/resource.ts";
import { ScimError } from "../scim/scim-error.ts";
import {
  type DirectoryWrite,
  type DirectoryWriter,
  type GroupRule,
  userGroups,
  type WritableRow,
} from "../store/store.ts";
import { followRename, refuseFilter, refuseForeignAndMoves, releaseBelow } from "./departments-by-scim.ts";
import { nextRule, refuseUnseenDelete, refuseUnseenRename, ruleOfNew } from "./group-rule.ts";
import { checkManager } from "./manager-check.ts";
import { checkMayWrite, customSourceOf, findWritable } from "./may-write.ts";
import { findMembers } from "./member-list.ts";
import { memberFilterOf, parseRule, settleRules } from "./rules.ts";
import type { DirectoryWriting, GroupEvaluation, Writer, Written } from "./writing.ts";

export interface WritingParts {
  readonly writer: DirectoryWriter;
  /** Asked on each request: the schema files can change while it runs. */
  readonly catalog: () => SchemaCatalog;
  /** Something was written: targets may have to hear of it. */
  readonly onWritten?: () => void;
}

/** Writing to our own directory. */
export function makeDirectoryWriting({
  writer: store,
  catalog: catalogNow,
  onWritten,
}: WritingParts): DirectoryWriting & GroupEvaluation {
  /** One transaction; a name that is another's is told apart from what went wrong. */
  const inDirectory = async <T>(
    type: ResourceType,
    { id, name }: Writer,
    work: (write: DirectoryWrite) => Promise<T>,
  ): Promise<T> => {
    try {
      const author = id === undefined ? (name === undefined ? null : { id: null, name }) : { id, name: name ?? "" };
      return await store.writeDirectory(work, author);
    } catch (error) {
      if (!store.isTaken(error)) throw error;
      throw new ScimError(
        409,
        "uniqueness",
        type === "User" ? "Another User has this userName" : "Another user group has this displayName",
      );
    }
  };
  const noted = <T extends Written>(written: T): T => {
    if (written.changed) onWritten?.();
    return written;
  };

  return {
    async create(type, body, writer) {
      checkMayWrite(writer);
      const catalog = catalogNow();
      const parsed = parseResource(readable(body), type, catalog);
      const document = type === "User" ? withActive(parsed.document) : parsed.document;
      const row = await inDirectory(type, writer, (write) =>
        type === "User"
          ? createUser(write, document, writer, catalog)
          : createGroup(write, { document, members: toDelta(parsed.members) }, writer, catalog),
      );
      return noted({ row, changed: true, concernsMembers: false });
    },

    async replace(type, id, body, writer, isKnown = always) {
      const catalog = catalogNow();
      const written = await inDirectory(type, writer, async (write) => {
        const row = await findWritable(write, type, id, writer, isKnown);
        const current = JSON.parse(row.document) as JsonObject;
        const parsed = parseReplacement(readable(body), type, catalog, current);
        const document = type === "User" ? withActive(parsed.document) : parsed.document;
        // RFC 7644 §3.5.1: what is left out is cleared, members too. Those of a dynamic group are readOnly: ignored.
        const members = type === "Group" ? toDelta(parsed.members ?? []) : null;
        const isDynamic = row.kind === "group" && memberFilterOf(document) !== null;
        const next = diffDocuments(current, document).length === 0 ? null : document;
        return change(write, row, { document: next, members: isDynamic ? null : members }, writer, catalog);
      });
      return noted(written);
    },

    async modify(type, id, body, writer, isKnown = always) {
      const catalog = catalogNow();
      const written = await inDirectory(type, writer, async (write) => {
        const row = await findWritable(write, type, id, writer, isKnown);
        const { operations } = parsePatch(readable(body), { type, catalog, id });
        const current = JSON.parse(row.document) as JsonObject;
        const { document: patched, membership } = applyPatch(current, operations, { type, catalog });
        const document = patched === current || type === "Group" ? patched : withActive(patched);
        if (membership !== null && row.kind === "group" && memberFilterOf(document) !== null) {
          throw new ScimError(400, "mutability", "members: those of a dynamic group follow from its memberFilter");
        }
        const next = diffDocuments(current, document).length === 0 ? null : document;
        return change(write, row, { document: next, members: membership }, writer, catalog);
      });
      return noted(written);
    },

    async remove(type, id, writer, isKnown = always) {
      const catalog = catalogNow();
      await inDirectory(type, writer, async (write) => {
        const row = await findWritable(write, type, id, writer, isKnown);
        if (row.kind === "group") await refuseUnseenDelete(write, row, writer);
        const isSeen = type === "Group" && row.rule === null;
        const below = row.kind === "department" ? await releaseBelow(write, row) : [];
        const left = await write.remove(row, async () => {
          if (isSeen) await settleRules(write, catalog, { membersOf: [row.id, ...below] });
        });
        await write.noteChange(row.sourceId);
        if (left.length > 0) await write.noteChange(userGroups);
      });
      onWritten?.();
    },

    async evaluate(id, writer, { apply }) {
      const catalog = catalogNow();
      const { outcome, changed } = await inDirectory("Group", writer, async (write) => {
        const { rule } = await findWritable(write, "Group", id, writer, always);
        if (rule === null) throw new ScimError(409, null, "This group has no memberFilter: its members are listed");
        const compiled = { groupId: id, filter: parseRule(rule.filter, catalog), sources: rule.sources };
        const outcome = await write.ruleOutcome(compiled, mostShown);
        const changed = apply && (await write.settleRule(compiled, "everybody", "all"));
        if (changed) await write.noteChange(userGroups);
        return { outcome, changed };
      });
      if (changed) onWritten?.();
      return outcome;
    },
  };
}

/** A body that could not be read is refused by now, when nothing else speaks against the write. */
function readable(body: unknown): unknown {
  if (body instanceof ScimError) throw body;
  return body;
}

/** Who comes and goes with a rule: so many of each are named. */
const mostShown = 100;

const always = (): boolean => true;

/** What a resource is to become. Null leaves it as it is. */
interface Change {
  readonly document: JsonObject | null;
  readonly members: MembershipDelta | null;
}

async function createUser(
  write: DirectoryWrite,
  document: JsonObject,
  writer: Writer,
  catalog: SchemaCatalog,
): Promise<WritableRow> {
  const sourceId = await customSourceOf(write, writer);
  await checkManager(write, { id: null, before: null, after: document }, writer);
  const row = await write.create({ type: "User", kind: "user", sourceId, document, rule: null });
  await settleRules(write, catalog, { touched: [row.id], ofGroup: false });
  await write.noteChange(sourceId);
  return row;
}

async function createGroup(
  write: DirectoryWrite,
  { document, members }: { readonly document: JsonObject; readonly members: MembershipDelta },
  writer: Writer,
  catalog: SchemaCatalog,
): Promise<WritableRow> {
  const rule = await ruleOfNew(write, document, writer, catalog);
  const row = await write.create({ type: "Group", kind: "group", sourceId: userGroups, document, rule });
  await write.noteChange(userGroups);
  return (await fill(write, row, rule, rule === null ? members : null, writer, catalog)) ?? row;
}

async function change(
  write: DirectoryWrite,
  row: WritableRow,
  { document, members }: Change,
  writer: Writer,
  catalog: SchemaCatalog,
): Promise<Written> {
  const concernsMembers = members !== null;
  const before = JSON.parse(row.document) as JsonObject;
  const after = document ?? before;
  if (row.type === "User") await checkManager(write, { id: row.id, before, after }, writer);
  if (row.kind === "department") refuseFilter(before, after);
  const rule = await nextRule(write, row, after, writer, catalog);
  const newRule = rule === row.rule ? null : rule;
  const returns = row.departed && after["active"] !== false;
  const changed = document !== null || rule !== row.rule || returns;
  const isAnother = row.type === "Group" && isOther({ rule: row.rule, document: before }, { rule, document: after });
  if (isAnother && row.kind === "group") await refuseUnseenRename(write, row, writer, catalog);
  let now = row;
  if (changed) {
    const below = row.kind === "department" ? await followRename(write, row, after) : [];
    now = await write.change(row.id, { document: after, rule, returns });
    if (row.type === "User") await settleRules(write, catalog, { touched: [row.id], ofGroup: false });
    else if (isAnother) await settleRules(write, catalog, { membersOf: [row.id, ...below] });
    await write.noteChange(row.sourceId);
  }
  const filled = row.type === "User" ? null : await fill(write, now, newRule, members, writer, catalog);
  return { row: filled ?? now, changed: changed || filled !== null, concernsMembers };
}

/** Whether a group is another one to rules: they see the names of those that have no rule themselves. */
function isOther(before: SeenGroup, after: SeenGroup): boolean {
  const nameOf = ({ rule, document }: SeenGroup) => (rule === null ? textOf(document, "displayName") : null);
  return nameOf(before) !== nameOf(after);
}

interface SeenGroup {
  readonly rule: GroupRule | null;
  readonly document: JsonObject;
}

/** Gives a group its members. Answers how it is afterwards, or null where nobody came or went. */
async function fill(
  write: DirectoryWrite,
  row: WritableRow,
  newRule: GroupRule | null,
  members: MembershipDelta | null,
  writer: Writer,
  catalog: SchemaCatalog,
): Promise<WritableRow | null> {
  let touched: readonly string[] = [];
  if (newRule !== null) {
    const compiled = { groupId: row.id, filter: parseRule(newRule.filter, catalog), sources: newRule.sources };
    if (!(await write.settleRule(compiled, "everybody", "all"))) return null;
  } else if (members !== null) {
    const add = await findMembers(write, row.id, members.add, writer);
    touched = await write.editMembers(row.id, { ...members, add }, writer.sources);
    if (touched.length === 0) return null;
    if (row.kind === "department") await refuseForeignAndMoves(write, row, touched, add);
    await settleRules(write, catalog, { touched, ofGroup: true });
  } else return null;
  await write.noteChange(row.sourceId);
  return write.find("Group", row.id, "all");
}

function toDelta(members: MembershipDelta["add"] | null): MembershipDelta {
  return { replace: true, add: members ?? [], remove: [] };
}

/** RFC 7643 §4.1.1 leaves it to the service provider: who is made without it is active. */
function withActive(document: JsonObject): JsonObject {
  return "active" in document ? document : { ...document, active: true };
}
