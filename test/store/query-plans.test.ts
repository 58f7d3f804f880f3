import { randomBytes } from "node:crypto";
import { CompiledQuery, type KyselyPlugin } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCipher } from "../../src/lib/cipher.ts";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { parseFilter } from "../../src/scim/parse-filter.ts";
import { resolveFilter } from "../../src/scim/resolve-filter.ts";
import type { Database } from "../../src/store/database.ts";
import { type FullStore, makeStore, openDatabase } from "../../src/store/open-store.ts";
import { Slot } from "../../src/store/statements.ts";
import type { Concerned } from "../../src/store/store.ts";
import { beginPush, given, type PushWork } from "./push-support.ts";
import {
  applyAll,
  beginWork,
  departure,
  edge,
  fillDirectory,
  finish,
  groupId,
  nextTask,
  planMembers,
  userChange,
  userId,
  type Work,
} from "./support.ts";

// SQLite plans by the indexes that are there, not by how many rows there are: a few rows tell what a million would do.
describe("questions that are asked often or of many rows", () => {
  let database: Database;
  let store: FullStore;
  let work: Work;
  let push: PushWork;
  let asked: { readonly sql: string; readonly parameters: readonly unknown[] }[] = [];

  beforeAll(async () => {
    database = await openDatabase("file::memory:");
    const recording: KyselyPlugin = {
      transformQuery({ node, queryId }) {
        asked.push(database.db.getExecutor().compileQuery(node, queryId));
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const watched: Database = {
      ...database,
      db: database.db.withPlugin(recording),
      read: (text, parameters) => {
        asked.push({ sql: text, parameters });
        return database.read(text, parameters);
      },
      write: (doing) => database.write((trx) => doing(trx.withPlugin(recording) as typeof trx)),
      writeSmall: (doing) => database.writeSmall((trx) => doing(trx.withPlugin(recording) as typeof trx)),
    };
    const clock = { now: 1_000_000 };
    store = makeStore(watched, makeCipher(randomBytes(32)), () => clock.now);
    work = await beginWork(store);
    await fillDirectory(store, work, { users: 5, members: { 1: [1, 2] } });
    push = await beginPush(store, work, clock);
    const page = { after: "", limit: 9, onlyReady: false };
    for (const type of ["User", "Group"] as const) {
      const pending = await store.pendingCreates(push.scope, type, page);
      await store.saveOutcomes(
        push.lease,
        work.task.id,
        push.target.id,
        pending.map((each) => given(each)),
      );
    }
  });
  afterAll(() => store.close());

  const page = { after: "", limit: 9 };
  const filter = (text: string) => resolveFilter(parseFilter(text), "User", makeSchemaCatalog([]));
  const users = (text: string) =>
    store.queryResources({ type: "User", sources: "all", filter: filter(text), startIndex: 1, count: 9 });

  const settle = (among: Concerned) =>
    store.writeDirectory(async (write) => {
      const rule = {
        groupId: groupId(1),
        filter: filter('title eq "a" or groups.display eq "b"'),
        sources: "all",
      } as const;
      await write.ruleLosses(rule, among);
      return write.settleRule(rule, among, "unheld");
    });

  const questions: Readonly<Record<string, () => Promise<unknown>>> = {
    listDirty: () => store.listDirty(work.source.id, "user", "m1", 0, 9),
    "listDirty of some": () => store.listDirty(work.source.id, "user", "m1", 0, 9, [1, 2]),
    keepEvent: () => store.keepEvent(work.source.id, "contacts", [{ kind: "user", key: "ann", isGone: true }]),
    markedPeople: () => store.markedPeople(work.source.id, 9),
    gatherMarks: () => store.gatherMarks(work.source.id),
    dropMarks: () => store.dropMarks(work.source.id, ["stamp"]),
    listSourceRecords: () => store.listSourceRecords(work.source.id, "user", 0, 9),
    seqsOf: () => store.seqsOf(work.source.id, "user", ["user-1"]),
    resolveKeys: () => store.resolveKeys(work.source.id, "user", ["user-1"]),
    readCurrent: () => store.readCurrent([userId(1)]),
    edgesOf: () => store.edgesOf(work.source.id, "department", [userId(1)]),
    edgesAnywhere: () => store.edgesAnywhere([userId(1)]),
    userNameHolders: () => store.userNameHolders(["user-1"]),
    plannedRemovals: () => store.plannedRemovals(work.task.id),
    plannedArrivals: () => store.plannedArrivals(work.task.id, [userId(1)]),
    countTask: () => store.countTask(work.task.id, null, { users: 0, groups: 0 }),
    listRecords: () => store.listRecords(work.task.id, { limit: 9, q: "x" }),
    "searchRecords of somebody": () =>
      store.searchRecords({ limit: 9, who: { resourceIds: [userId(1)], externalId: "user-1" } }),
    "searchRecords by externalId": () => store.searchRecords({ limit: 9, externalId: "user-1", cursor: "99" }),
    "searchRecords of a source": () => store.searchRecords({ limit: 9, source: work.source.id }),
    "searchRecords at a target": () => store.searchRecords({ limit: 9, target: push.target.id }),
    "searchRecords by action": () => store.searchRecords({ limit: 9, action: "delete", target: null }),
    "searchRecords by status": () => store.searchRecords({ limit: 9, status: "failed" }),
    "searchRecords of groups": () => store.searchRecords({ limit: 9, resourceType: "Group" }),
    "searchRecords of a time": () => store.searchRecords({ limit: 9, since: 1, until: 99_999_999 }),
    findPeople: () => store.findPeople("user-1"),
    readValues: () => store.readValues(userId(1), {}),
    dueDeliveries: () => store.dueDeliveries(1, 9, []),
    listDeliveries: () => store.listDeliveries("hook", { limit: 9, cursor: "msg_2" }),
    countPendingDeliveries: () => store.countPendingDeliveries(),
    countOpenTasks: () => store.countOpenTasks(),
    tallyTask: () => store.tallyTask(work.task.id),
    openTasks: () => store.openTasks(),
    "listTasks of a source": () => store.listTasks({ source: work.source.id, limit: 9 }),
    pendingCreates: () => store.pendingCreates(push.scope, "User", { ...page, onlyReady: true }),
    pendingUpdates: () => store.pendingUpdates(push.scope, "User", page),
    pendingDeactivations: () => store.pendingDeactivations(push.scope, page),
    pendingDeletes: () => store.pendingDeletes(push.scope, "Group", page),
    countPending: () => store.countPending(push.scope),
    countPendingRemovals: () => store.countPendingRemovals(push.scope),
    "pendingUpdates, by other rules": () => store.pendingUpdates(push.scope, "User", { ...page, lookAgain: true }),
    countLinked: () => store.countLinked(push.scope),
    approvedRenames: () => store.approvedRenames(push.target.id, [userId(1), userId(2)]),
    forgetHeld: () => store.forgetHeld(push.lease, work.task.id, push.target.id),
    pendingGroups: () => store.pendingGroups(push.scope, page),
    "memberDelta, added": () => store.memberDelta(push.target.id, groupId(1), "add", page),
    "memberDelta, removed": () => store.memberDelta(push.target.id, groupId(1), "remove", page),
    memberLoss: () => store.memberLoss(push.target.id, groupId(1)),
    linkedTo: () => store.linkedTo(push.target.id, ["remote"]),
    hasDueRetries: () => store.hasDueRetries(push.target.id, push.scope.sourceIds, 1),
    countLinks: () => store.countLinks(push.target.id),
    listLinks: () => store.listLinks(push.target.id, { limit: 9 }),
    countOfSource: () => store.countOfSource(work.source.id),
    readResource: () => store.readResource("User", userId(1), "all"),
    membersOf: () => store.membersOf([groupId(1)], "all"),
    groupsOf: () => store.groupsOf([userId(1)], "all"),
    "a page of users": () =>
      store.queryResources({ type: "User", sources: "all", filter: null, startIndex: 1, count: 9 }),
    "users by userName": () => users('userName eq "a"'),
    "users by externalId": () => users('externalId eq "a"'),
    "users by mail address": () => users('emails.value eq "a"'),
    "users by mail address and type": () => users('emails[type eq "work" and value eq "a"]'),
    "users by phone number": () => users('phoneNumbers eq "1" and active eq true'),
    "a dynamic group, for one user": () => settle({ users: [userId(2)] }),
    "a dynamic group, for the members of another": () => settle({ membersOf: [groupId(1)] }),
    "applying a plan": async () => {
      await store.addChanges(work.lease, work.task.id, [userChange(9)]);
      await planMembers(store, work, [edge("add", 1, 9)]);
      await applyAll(store, work);
    },
    keptAmong: () => store.keptAmong(work.source.id, ["m1"], [userId(1)]),
    listUnrecorded: () => store.listUnrecorded(work.source.id, "user", { all: false, after: "", limit: 9 }),
    releaseKept: () => store.releaseKept(work.lease, work.source.id, ["m1"]),
    renameKeptVersion: () => store.renameKeptVersion(work.lease, work.task.id, "m1", "m2"),
    "listKept of a source": () => store.listKept({ source: work.source.id, limit: 9 }),
    "listKept of an undo": () => store.listKept({ task: work.task.id, limit: 9 }),
    "endKept of an undo": () => store.endKept({ task: work.task.id }),
    findUndo: () => store.findUndo(work.task.id),
    "what an undo is planned from": async () => {
      await store.beginUndo(work.lease, work.task.id, work.task.id);
      await store.undoUnits({ id: work.task.id, undoes: work.task.id }, "User", "");
      await store.endUndo(work.lease, work.task.id);
    },
    linkedResources: () => store.linkedResources(push.scope, "User", [userId(1)]),
    linksNotSeen: () => store.linksNotSeen(push.scope, work.task.id, "User", page),
    groupsSeen: () => store.groupsSeen(push.scope, { ...page, onlyWithMembers: true }),
    notSeen: () => store.notSeen(push.target.id, "User", ["remote"]),
    givenMembers: () => store.givenMembers(push.target.id, groupId(1), page),
    ledgerMembers: () => store.ledgerMembers(push.target.id, groupId(1), page),
    membersByRemoteId: () => store.membersByRemoteId(push.target.id, groupId(1), ["remote"]),
    countFindings: () => store.countFindings(work.task.id, push.target.id),
    unlinkMissing: () => store.unlinkMissing(push.lease, work.task.id, push.target.id),
    matchCandidates: () => store.matchCandidates(push.target.id, "User", "externalId", ["a"]),
    "what a page of a target shows": () =>
      store.saveSeen(push.lease, work.task.id, push.target.id, "User", {
        seen: [{ remoteId: "remote", externalId: null, state: "linked" }],
        corrections: [{ resourceId: userId(1), held: "{}", active: true, version: 0 }],
        letGo: [userId(2)],
      }),
    correctMembers: () =>
      store.correctMembers(push.lease, push.target.id, groupId(1), { gone: [userId(1)], there: [userId(2)] }),
    "losing a user at a target": () =>
      store.saveOutcomes(push.lease, work.task.id, push.target.id, [
        {
          ...{ resourceId: userId(1), resourceType: "User", externalId: null, displayName: null, record: null },
          link: { state: "unlinked", again: true },
        },
      ]),
  };

  it.each(Object.entries(questions))("find their rows by an index: %s", async (_name, ask) => {
    asked = [];
    await ask();
    expect(asked).not.toEqual([]);
    for (const { sql: text, parameters } of asked) {
      if (!/^\s*(select|update|delete|insert)/i.test(text)) continue;
      // Built, to be run with other values: that it is run is recorded too.
      if (parameters.some((parameter) => parameter instanceof Slot)) continue;
      const explained = CompiledQuery.raw(`explain query plan ${text}`, [...parameters]);
      const { rows } = await database.db.executeQuery<{ detail: string }>(explained);
      const scans = rows.map(({ detail }) => detail).filter((detail) => detail.startsWith("SCAN"));
      // A list that was handed over, a row of constants and the handful of settings are read whole.
      const whole = scans.filter(
        (detail) =>
          !/^SCAN (json_each|e VIRTUAL TABLE|directory_clock$|sync_task USING INDEX sync_task_open$|sync_task USING INDEX sync_task_held$|webhook_delivery USING (COVERING )?INDEX webhook_delivery_due$|shown$|CONSTANT ROW|setting|target|source$|\d+-ROW)/.test(
            detail,
          ),
      );
      // Once, under this name, a filter looks at the few whom it is asked about, which are found by their ids before.
      const few = text.includes("from concerned as resource") ? ["SCAN resource", "SCAN both_sides", "SCAN moved"] : [];
      const rest = whole.filter((detail, index) => !few.includes(detail) || whole.indexOf(detail) !== index);
      expect([text, rest]).toEqual([text, []]);
    }
  });

  it.each([
    ["plannedIdentityChanges", () => store.plannedIdentityChanges(work.task.id)],
    ["logIdentityChanges", () => store.logIdentityChanges(work.lease, "source:1", work.task.id)],
    ["logRemovals of a target", () => store.logRemovals(work.lease, `target:${push.target.id}`, work.task.id)],
    ["touchedBy", () => store.touchedBy(work.task.id)],
  ] as const)(
    "what a task did is found by the task, not among all that was ever done there: %s",
    async (_name, ask) => {
      asked = [];
      await ask();
      const [first] = asked.filter(({ sql: text }) => text.includes('"change"'));
      const explained = CompiledQuery.raw(`explain query plan ${first?.sql}`, [...(first?.parameters ?? [])]);
      const { rows } = await database.db.executeQuery<{ detail: string }>(explained);
      expect(rows.map(({ detail }) => detail)).toContain("SEARCH change USING INDEX change_task (task_id=?)");
    },
  );

  it("whether anything failed at a target is found among what failed", async () => {
    asked = [];
    await store.hasFailed(push.target.id);
    const [only] = asked;
    const explained = CompiledQuery.raw(`explain query plan ${only?.sql}`, [...(only?.parameters ?? [])]);
    const { rows } = await database.db.executeQuery<{ detail: string }>(explained);
    expect(rows.map(({ detail }) => detail)).toEqual(["SEARCH link USING INDEX link_failed (target_id=?)"]);
  });

  it.each(["update", "delete"])("the values of a resource go by their key at its %s", async (verb) => {
    const { rows } = await database.db.executeQuery<{ sql: string }>(
      CompiledQuery.raw("select sql from sqlite_master where name = ?", [`resource_value_${verb}`]),
    );
    const deletes = rows[0]?.sql.match(/delete from resource_value [^;]*;/g) ?? [];
    expect(deletes).toHaveLength(2);
    for (const text of deletes) {
      const alone = text.replaceAll("old.folded", "'{}'").replaceAll("old.id", "'x'");
      const { rows: plan } = await database.db.executeQuery<{ detail: string }>(
        CompiledQuery.raw(`explain query plan ${alone}`, []),
      );
      expect(plan.map(({ detail }) => detail)).toContain(
        "SEARCH resource_value USING PRIMARY KEY (attribute=? AND value=? AND resource_id=?)",
      );
    }
  });

  // With 20,000 people held in 1,000 groups that list was made 2,000 times: half a minute, in which nobody else could write.
  it("no list of all whose removal is held is made for each group that they are in", async () => {
    const next = await nextTask(store, work);
    const { lease, task } = next;
    await store.addChanges(
      lease,
      task.id,
      [1, 2].map((number) => departure(userChange(number), 1)),
    );
    await planMembers(
      store,
      next,
      [1, 2, 3].map((number) => edge("remove", 1, number)),
      { leavers: true },
    );
    asked = [];
    await store.holdRemovals(lease, task.id, ["User"]);
    await finish(store, task, "held", 2_000_000);
    const { items } = await store.listRecords(task.id, { limit: 9, status: "held", resourceType: "User" });
    expect(await store.approveTask(task.id, [items[0]?.id ?? ""])).toBe(true);
    const ofMembers = asked.filter(({ sql: text }) => /^\s*(select|update)\b.*\bchange_member\b/is.test(text));
    expect(ofMembers.length).toBeGreaterThan(4);
    for (const { sql: text, parameters } of ofMembers) {
      if (parameters.some((parameter) => parameter instanceof Slot)) continue;
      const explained = CompiledQuery.raw(`explain query plan ${text}`, [...parameters]);
      const { rows } = await database.db.executeQuery<{ detail: string }>(explained);
      const lists = rows.map(({ detail }) => detail).filter((detail) => detail.startsWith("LIST SUBQUERY"));
      expect([text, lists]).toEqual([text, []]);
    }
  });
});
