import {
  type ReadEvent,
  type ReadOptions,
  type ReadProblem,
  type SourceDepartment,
  SourceError,
  type SourceTag,
  type SourceUser,
} from "../source.ts";
import type { WecomApi } from "./api.ts";
import { asCompleted } from "./as-completed.ts";
import { type BulkParts, orderBulk } from "./export/bulk-read.ts";
import type { ExportedMembers } from "./export/export-members.ts";
import { toProblem, toSourceError, WecomFault } from "./fault.ts";
import { type AgentScope, userKey } from "./parse.ts";
import { memberUserids, type TagHead, toBareTag, withoutMembers } from "./tag.ts";
import { type DepartmentTree, makeTree, scopeEmpty, selectDepartments, subtree } from "./tree.ts";
import { FieldSight } from "./unseen-fields.ts";

export interface ReaderParts {
  readonly api: WecomApi;
  /** The app whose visible scope is asked for; null where it is not known. */
  readonly agentId: number | null;
  /** Parts read at the same time. */
  readonly concurrency: number;
  /** How everybody may be read at once; absent: department by department alone. */
  readonly bulk?: BulkParts | undefined;
}

/** People of an export who are passed on together. */
const exportedAtOnce = 1000;

/** So many parts in a row without an answer: WeCom is away, and asking for the rest would take for ever. */
const partsWithoutAnswer = 10;

/** Errcodes with which a credential that reads people well may be kept from the tags (WeCom doc path/90349). */
const noTagsForThisSecret: ReadonlySet<number> = new Set([48001, 48002, 48008, 48009]);

/** Refusals of the whole tree that speak of what the app may see. */
const nothingVisible: ReadonlySet<string> = new Set(["wecom.no-permission", "wecom.department-gone"]);

/**
 * Reads the directory with an app's secret:
 *
 *   agent/get ─► department/list ─► tag/list, tag/get ─► user/list per department ─► user/get of those seen one by one
 *
 * In place of user/list for each department there may be one export of everybody.
 *
 * A part that cannot be read is a problem, and the read is then not complete. What concerns the whole connection, and
 * a tree that is missing, empty or senseless, ends the read with a `SourceError`; but an app that is granted people and
 * tags alone, as agent/get says, has none.
 *
 * Tags come before people, as every source has to give them. Here that serves for more: the members of a tag in the
 * app's visible scope are visible too, and only those who are in no visible department have to be asked for one by one.
 */
export async function* readWecom(parts: ReaderParts, options: ReadOptions): AsyncGenerator<ReadEvent> {
  try {
    yield* new Reading(parts, options).run();
  } catch (error) {
    throw error instanceof WecomFault ? toSourceError(error) : error;
  }
}

/** The departments that the app sees. Throws a `SourceError`. */
export async function readTree(api: WecomApi, signal: AbortSignal): Promise<DepartmentTree> {
  try {
    return makeTree(await api.departments(signal));
  } catch (error) {
    if (!(error instanceof WecomFault)) throw error;
    if (!error.noToken && nothingVisible.has(error.code)) {
      // What WeCom answers when only single members are visible is not documented: an empty list, or a refusal.
      throw scopeEmpty(`WeCom refuses the department tree (errcode ${error.errcode}).`, error.errcode);
    }
    const ofTree = error.transient || error.reaction === "object";
    throw toSourceError(error, ofTree ? "The department tree could not be read" : undefined);
  }
}

/** One read, with what it has to remember. */
class Reading {
  readonly #api: WecomApi;
  readonly #agentId: number | null;
  readonly #concurrency: number;
  readonly #bulk: BulkParts | undefined;
  readonly #options: ReadOptions;
  readonly #sight: FieldSight;
  /** userids, by key, that are visible one by one and have not arrived yet. */
  readonly #single = new Map<string, string>();
  /** Departments that the app's visible scope names, by themselves or by a tag; null where the scope is not known. */
  #named: Set<string> | null = null;
  #complete = true;
  #unanswered = 0;

  constructor({ api, agentId, concurrency, bulk }: ReaderParts, options: ReadOptions) {
    this.#api = api;
    this.#agentId = agentId;
    this.#concurrency = concurrency;
    this.#bulk = bulk;
    this.#options = options;
    this.#sight = new FieldSight(options.unseenBefore ?? []);
  }

  async *run(): AsyncGenerator<ReadEvent> {
    const { signal, scope, users } = this.#options;
    const agent = this.#agentId === null ? null : await orFault(this.#api.agent(this.#agentId, signal));
    const onlySingles = agent !== null && !(agent instanceof WecomFault) && seesSinglesOnly(agent);
    const tree = await readTree(this.#api, signal).catch((error: unknown) => {
      if (onlySingles && error instanceof SourceError && error.code === "wecom.scope-empty") return noTree;
      throw error;
    });
    const isBare = onlySingles && scope.mode === "all" && tree.departments.length === 0;
    const { departments, missing } = isBare ? { departments: [], missing: [] } : selectDepartments(tree, scope);
    yield { type: "departments", records: departments };
    if (agent instanceof WecomFault) {
      // Tags that only the scope names are not read then.
      const problem = toProblem(agent, "wecom.scope-unknown", "The app's visible scope could not be read");
      yield this.#problem({ ...problem, unread: "tags" });
    }
    if (missing.length > 0) yield this.#problem(chosenButInvisible(missing));

    const granted = agent instanceof WecomFault ? null : agent;
    this.#named = granted && new Set(granted.departments);
    this.#expect(granted?.userids ?? []);
    yield* this.#tags(granted?.tags ?? []);
    // What a tag of the scope names is in sight: without it the tree is not the one that the app is to see.
    if (isBare && this.#named !== null && this.#named.size > 0) yield this.#problem(unlisted([...this.#named]));
    const exported = users ? await this.#export(tree, departments) : null;
    if (exported !== null) yield* this.#exported(exported, departments);
    else if (users) yield* this.#members(tree, departments);
    if (users) yield* this.#singleMembers(departments);
    yield {
      type: "end",
      complete: this.#complete,
      visibility: { roots: tree.roots, granted: granted && toGrant(granted) },
      unseenFields: this.#sight.unseen,
      isExported: exported !== null,
    };
  }

  async *#tags(granted: readonly string[]): AsyncGenerator<ReadEvent> {
    const heads = await orFault(this.#api.tags(this.#options.signal), noTagsForThisSecret);
    if (heads instanceof WecomFault) {
      const problem = toProblem(heads, "wecom.tags-unreadable", "The list of tags could not be read");
      yield this.#problem({ ...problem, unread: "tags" });
      return;
    }
    const { users } = this.#options;
    const read = (head: TagHead, signal: AbortSignal) =>
      users || head.name === null ? this.#api.tag(head, signal) : Promise.resolve(toBareTag(head));
    for await (const { item, outcome } of this.#parts(withGranted(heads, granted), read)) {
      if (outcome instanceof WecomFault) {
        const problem = toProblem(outcome, "wecom.tag-unreadable", `Tag ${item.id} could not be read`);
        yield this.#problem({ ...problem, unread: "tags" });
      } else if (outcome !== null) {
        if (granted.includes(outcome.key)) this.#grantedBy(outcome);
        yield { type: "tags", records: [users ? outcome : withoutMembers(outcome)] };
      }
    }
  }

  async #export({ roots }: DepartmentTree, departments: readonly SourceDepartment[]): Promise<ExportedMembers | null> {
    if (this.#bulk === undefined || departments.length === 0) return null;
    const tops = new Set(roots);
    const keys = departments.map(({ key }) => key);
    const topFirst = [...keys.filter((key) => tops.has(key)), ...keys.filter((key) => !tops.has(key))];
    const facts = { departments: topFirst, isScopeKnown: this.#named !== null };
    return orderBulk(this.#bulk, facts, this.#api.members, this.#options.signal);
  }

  /** Those of an export who would be found in the departments, or are visible one by one. */
  async *#exported(exported: ExportedMembers, departments: readonly SourceDepartment[]): AsyncGenerator<ReadEvent> {
    const wanted = new Set(departments.map(({ key }) => key));
    let unreadable = 0;
    let done = 0;
    let batch: SourceUser[] = [];
    try {
      for await (const user of exported.members()) {
        done += 1;
        if (user === null) unreadable += 1;
        else if (user.departments.some((key) => wanted.has(key))) batch.push(user);
        if (batch.length < exportedAtOnce) continue;
        yield await this.#users(batch);
        yield { type: "progress", done, total: exported.count };
        batch = [];
      }
      if (batch.length > 0) yield await this.#users(batch);
      if (unreadable > 0) yield this.#problem(unreadableEntries("The export", unreadable));
      yield { type: "progress", done, total: exported.count };
    } finally {
      await exported.close();
    }
  }

  async *#members(tree: DepartmentTree, departments: readonly SourceDepartment[]): AsyncGenerator<ReadEvent> {
    const granted = this.#named && subtree(tree.departments, [...this.#named]);
    const total = departments.length;
    const before = (await this.#options.done?.()) ?? new Set();
    const open = departments.filter(({ key }) => !before.has(key));
    let done = total - open.length;
    for await (const { item, outcome } of this.#parts(open, ({ key }, signal) => this.#api.members(key, signal))) {
      const what = `The members of department ${item.key} could not be read`;
      if (outcome instanceof WecomFault) {
        // Listed only because it lies above a department of the scope: nobody in it is to be seen, so nobody is missed.
        const above = outcome.errcode === 60011 && granted?.has(item.key) === false;
        if (!above) yield this.#problem(toProblem(outcome, "wecom.department-unreadable", what));
      } else {
        if (outcome.members.length > 0) yield await this.#users(outcome.members);
        if (outcome.unreadable > 0) {
          const list = `The list of the members of department ${item.key}`;
          yield this.#problem(unreadableEntries(list, outcome.unreadable));
        } else {
          const users = outcome.members.map(({ key }) => key);
          yield { type: "part", key: item.key, users, unseenFields: this.#sight.unseen };
        }
      }
      done += 1;
      yield { type: "progress", done, total };
    }
  }

  async *#singleMembers(departments: readonly SourceDepartment[]): AsyncGenerator<ReadEvent> {
    const all = this.#options.scope.mode === "all";
    const wanted = new Set(departments.map(({ key }) => key));
    const userids = [...this.#single.values()];
    for await (const { item, outcome } of this.#parts(userids, (userid, signal) => this.#api.member(userid, signal))) {
      if (outcome instanceof WecomFault) {
        yield this.#problem(toProblem(outcome, "wecom.user-unreadable", `Member ${item} could not be read`));
      } else if (outcome !== null && (all || outcome.departments.some((key) => wanted.has(key)))) {
        yield await this.#users([outcome]);
      }
    }
  }

  async #users(records: readonly SourceUser[]): Promise<ReadEvent> {
    const telling = this.#options.consentedAmong === undefined ? [] : this.#sight.tellingAmong(records);
    this.#sight.note(records, telling.length === 0 ? undefined : await this.#options.consentedAmong?.(telling));
    if (this.#single.size > 0) for (const { key } of records) this.#single.delete(key);
    return { type: "users", records };
  }

  #expect(userids: readonly string[]): void {
    for (const userid of userids) this.#single.set(userKey(userid), userid);
  }

  /** A tag in the visible scope shows its people, one by one, and its departments. */
  #grantedBy(tag: SourceTag): void {
    this.#expect(memberUserids(tag));
    for (const key of tag.departments) this.#named?.add(key);
  }

  #problem(problem: ReadProblem): ReadEvent {
    this.#complete = false;
    return { type: "problem", problem };
  }

  /** Reads parts side by side; a fault that concerns one part is its outcome, any other is thrown. */
  async *#parts<T, R>(items: readonly T[], read: (item: T, signal: AbortSignal) => Promise<R>) {
    const work = async (item: T, signal: AbortSignal) => ({ item, outcome: await orFault(read(item, signal)) });
    for await (const part of asCompleted(items, this.#concurrency, work, this.#options.signal)) {
      const { outcome } = part;
      this.#unanswered = outcome instanceof WecomFault && outcome.transient ? this.#unanswered + 1 : 0;
      if (outcome instanceof WecomFault && this.#unanswered >= partsWithoutAnswer) throw outcome;
      yield part;
    }
  }
}

/** The fault instead of throwing it, where it concerns no more than what was asked for. */
async function orFault<T>(call: Promise<T>, also: ReadonlySet<number> = new Set()): Promise<T | WecomFault> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof WecomFault)) throw error;
    const partial = !error.noToken && (error.transient || error.reaction === "object");
    if (partial || (error.errcode !== null && also.has(error.errcode))) return error;
    throw error;
  }
}

/** The listed tags, and those of the visible scope that are not listed. */
function withGranted(heads: readonly TagHead[], granted: readonly string[]): readonly TagHead[] {
  const listed = new Set(heads.map(({ id }) => String(id)));
  return [...heads, ...granted.filter((key) => !listed.has(key)).map((key) => ({ id: Number(key), name: null }))];
}

const noTree: DepartmentTree = { departments: [], roots: [] };

/** An app that is granted people or tags one by one and no department: it has no tree, and that is no failure. */
export function seesSinglesOnly({ departments, userids, tags }: AgentScope): boolean {
  return departments.length === 0 && userids.length + tags.length > 0;
}

function unlisted(departments: readonly string[]): ReadProblem {
  return {
    code: "wecom.departments-missing",
    detail: `A tag in the app's 可见范围 (visible scope) names departments (${departments.slice(0, 10).join(", ")}), but WeCom shows the app none. Try again; if it stays so, add the departments themselves to the scope in the admin console under 应用管理 (app management)`,
    errcode: null,
  };
}

function toGrant({ departments, userids, tags }: AgentScope) {
  return { departments, users: userids.map(userKey), tags };
}

/** One problem for all: a task shows the first of its problems, and each of these is to be put right. */
function chosenButInvisible(ids: readonly string[]): ReadProblem {
  const shown = ids.slice(0, 50).join(", ");
  const more = ids.length > 50 ? ` and ${ids.length - 50} more` : "";
  return {
    code: "wecom.scope-department-missing",
    detail: `Departments that are chosen for this source and that the app does not see: ${shown}${more}. Each was deleted, or is not in the app's 可见范围 (visible scope). In the admin console, under 应用管理 (app management) → the app → 可见范围, add each or one above it; or take them out of the source's scope`,
    errcode: null,
  };
}

/** @param list what has them, as a sentence begins */
function unreadableEntries(list: string, count: number): ReadProblem {
  return {
    code: "wecom.department-unreadable",
    detail: `${list} has ${count} entries that make no sense (no userid or no department). The others were taken.`,
    errcode: null,
  };
}
