import { afterEach, describe, expect, it } from "vitest";
import { startScimSimulator } from "../../src/simulator/scim/scim-simulator.ts";
import { type RunningCorp, startWecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { makeBridgeHome } from "../support/bridge.ts";
import type { Task } from "../support/bridge-api.ts";
import { readState, sourceForm, targetForm } from "../support/e2e.ts";
import { type Dump, wrongAt } from "../support/e2e-compare.ts";

// Two corps in which everything is called the same: userids, names, department ids and names, tags. Whoever takes one
// for the other is found out.

const shape = { members: 150, departments: 14, seed: 21 };

describe("two sources with the same userids and department ids at one target", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const start = async ({ namespaces, uniqueGroupName = false }: StartOptions) => {
    const wecom = await startWecomSimulator({ corps: [{ shape }, { shape }] });
    const target = await startScimSimulator({ uniqueGroupName });
    const home = await makeBridgeHome();
    closing.push(home.close, wecom.close, target.close);
    const { api } = await home.start();
    const [first, second] = wecom.corps;
    if (first === undefined || second === undefined) throw new Error("there are two corps");
    const more = (namespace: string): object => (namespaces ? { namespace } : {});
    const a = await api.createSource(sourceForm("first", wecom.url, first, more("first")));
    const b = await api.createSource(sourceForm("second", wecom.url, second, more("second")));
    await api.createTarget(targetForm("target", target, [a, b]));
    const latestEnded = async (): Promise<Task> => {
      const { items } = await api.call<{ readonly items: readonly Task[] }>("GET", "/sync-tasks?limit=1");
      return api.ended(items[0]?.id ?? "");
    };
    /** A deleted source goes, with its tasks, when the last target has heard of it. */
    const gone = async (source: string): Promise<void> => {
      for (;;) {
        const { sources } = await api.call<{ readonly sources: readonly string[] }>("GET", "/targets/target");
        if (!sources.includes(source)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    return { first, second, target, home, api, a, b, latestEnded, gone, dump: () => target.control.dump() };
  };

  it("both arrive whole when each has a namespace", { timeout: 180_000 }, async () => {
    const { first, second, target, api, a, b, dump } = await start({ namespaces: true });
    expect((await api.sync(a)).state).toBe("succeeded");
    const held = byId(dump());
    expect((await api.sync(b)).state).toBe("succeeded");
    expect(byId(only(dump(), held))).toEqual(held);

    first.control.randomChanges(20, "first");
    second.control.randomChanges(20, "second");
    expect((await api.sync(a)).state).toBe("succeeded");
    expect((await api.sync(b)).state).toBe("succeeded");
    for (const [corp, namespace] of [
      [first, "first"],
      [second, "second"],
    ] as const) {
      expect(wrongAt(ofNamespace(dump(), namespace), corp.control.visibleTruth())).toEqual([]);
    }
    expect(target.control.violations()).toEqual([]);
    expect(target.control.noops()).toEqual([]);
  });

  it("without namespaces the second one's people are refused one by one and nothing of the first is touched", {
    timeout: 180_000,
  }, async () => {
    const { second, target, home, api, a, b, dump } = await start({ namespaces: false });
    second.control.createMember({ userid: "only-in-the-second", name: "新人", department: [1] });
    expect((await api.sync(a)).state).toBe("succeeded");
    const held = byId(dump());

    const task = await api.sync(b);
    expect(task).toMatchObject({ state: "partial", error: { code: "records.failed" }, hold: null });
    expect(task.counts.users).toMatchObject({ read: 151, created: 1, failed: 150 });
    const refused = await api.records(task.id, "target=null&resourceType=User&status=failed");
    expect(new Set(refused.map(({ externalId }) => externalId))).toEqual(useridsOf(second, "only-in-the-second"));
    for (const { error } of refused) expect(error).toMatch(/already used in the source first.*namespace/);

    expect(byId(only(dump(), held))).toEqual(held);
    const others = without(dump(), held);
    expect(others.users.map(({ resource }) => resource["externalId"])).toEqual(["only-in-the-second"]);
    expect(wrongAt(others, onlyWith(second, "only-in-the-second"))).toEqual([]);
    expect(target.control.violations()).toEqual([]);

    // It stays so, and costs nothing.
    const state = await readState(home.databaseUrl);
    target.control.resetJournal();
    expect((await api.sync(b)).state).toBe("partial");
    expect((await api.sync(a)).state).toBe("succeeded");
    expect(target.control.requests().total).toBe(0);
    expect(await readState(home.databaseUrl)).toEqual(state);
  });

  it("a target that allows a group's name once refuses the second one's groups, and no group is taken over", {
    timeout: 180_000,
  }, async () => {
    const { api, a, b, dump } = await start({ namespaces: true, uniqueGroupName: true });
    // The generated corp has departments of one name itself: some groups of the first are refused as well.
    await api.sync(a);
    const held = byId(dump());
    expect((await api.sync(b)).state).toBe("partial");
    expect(byId(only(dump(), held))).toEqual(held);
    expect(without(dump(), held).groups).toEqual([]);
    expect(without(dump(), held).users).toHaveLength(shape.members);
  });

  it.each(["deactivate", "delete"] as const)(
    "deleting one so that its people %s leaves the other alone",
    { timeout: 180_000 },
    async (people) => {
      const { first, api, a, b, dump, target, gone } = await start({ namespaces: true });
      await api.sync(a);
      const held = byId(dump());
      await api.sync(b);
      const ofB = without(dump(), held);

      const { confirm } = await api.call<{ confirm: string }>("GET", `/sources/${b}/end?people=${people}`);
      await api.call("DELETE", `/sources/${b}?people=${people}&confirm=${confirm}`);
      await gone(b);
      expect(byId(only(dump(), held))).toEqual(held);
      const left = without(dump(), held);
      expect(left.groups).toEqual([]);
      expect(left.users).toHaveLength(people === "delete" ? 0 : ofB.users.length);
      expect(left.users.filter(({ resource }) => resource["active"] !== false)).toEqual([]);
      await expect(api.call("GET", `/sources/${b}`)).rejects.toThrow("404");

      first.control.randomChanges(20, "after");
      expect((await api.sync(a)).state).toBe("succeeded");
      expect(wrongAt(ofNamespace(dump(), "first"), first.control.visibleTruth())).toEqual([]);
      expect(target.control.violations()).toEqual([]);
    },
  );

  it("disabling one so that its people are deactivated leaves the other alone, and enabling it brings them back", {
    timeout: 180_000,
  }, async () => {
    const { first, second, api, a, b, dump, target, latestEnded } = await start({ namespaces: true });
    await api.sync(a);
    const held = byId(dump());
    await api.sync(b);
    const peopleOfB = without(dump(), held).users.map(({ id }) => id);

    const { confirm } = await api.call<{ confirm: string }>(
      "GET",
      `/sources/${b}/end?people=deactivate&afterwards=disable`,
    );
    await api.call("PATCH", `/sources/${b}`, { status: "disabled", people: "deactivate", confirm });
    expect((await latestEnded()).state).toBe("succeeded");
    expect(byId(only(dump(), held))).toEqual(held);
    expect(without(dump(), held).groups).toEqual([]);
    expect(without(dump(), held).users.filter(({ resource }) => resource["active"] !== false)).toEqual([]);

    await api.call("PATCH", `/sources/${b}`, { status: "enabled" });
    expect((await api.sync(b)).state).toBe("succeeded");
    expect(byId(only(dump(), held))).toEqual(held);
    expect(without(dump(), held).users.map(({ id }) => id)).toEqual(peopleOfB);
    for (const [corp, namespace] of [
      [first, "first"],
      [second, "second"],
    ] as const) {
      expect(wrongAt(ofNamespace(dump(), namespace), corp.control.visibleTruth())).toEqual([]);
    }
    expect(target.control.violations()).toEqual([]);
  });
});

interface StartOptions {
  readonly namespaces: boolean;
  readonly uniqueGroupName?: boolean;
}

/** Each resource as text, by its id at the target. */
function byId({ users, groups }: Dump): ReadonlyMap<string, string> {
  return new Map([...users, ...groups].map((each) => [each.id, JSON.stringify(each)]));
}

function only({ users, groups }: Dump, held: ReadonlyMap<string, string>): Dump {
  return { users: users.filter(({ id }) => held.has(id)), groups: groups.filter(({ id }) => held.has(id)) };
}

function without({ users, groups }: Dump, held: ReadonlyMap<string, string>): Dump {
  return { users: users.filter(({ id }) => !held.has(id)), groups: groups.filter(({ id }) => !held.has(id)) };
}

/** What came from the source with this namespace, with the identifiers that it would have without one. */
function ofNamespace({ users, groups }: Dump, namespace: string): Dump {
  const strip = (all: Dump["users"]): Dump["users"] =>
    all.flatMap((each) => {
      const { externalId, userName, ...rest } = each.resource;
      const id = String(externalId);
      const name = String(userName);
      if (!id.startsWith(`${namespace}:`)) return [];
      const plain = { externalId: id.slice(namespace.length + 1) };
      if (userName === undefined) return [{ ...each, resource: { ...rest, ...plain } }];
      expect(name.endsWith(`@${namespace}`)).toBe(true);
      return [{ ...each, resource: { ...rest, ...plain, userName: name.slice(0, -namespace.length - 1) } }];
    });
  return { users: strip(users), groups: strip(groups) };
}

/** Userids of a corp but for one. */
function useridsOf({ control }: RunningCorp, except: string): ReadonlySet<string> {
  return new Set(control.visibleTruth().members.flatMap(({ userid }) => (userid === except ? [] : [userid])));
}

/** A corp as if it had this one member only. */
function onlyWith({ control }: RunningCorp, userid: string) {
  const truth = control.visibleTruth();
  return { ...truth, members: truth.members.filter((member) => member.userid === userid) };
}
