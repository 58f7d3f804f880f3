import { expect, it } from "vitest";
import { onEachDatabase } from "../support/databases.ts";

onEachDatabase("marks on what is to be looked at again", (at) => {
  const marksOf = async (source: string) =>
    (await at.store.markedSources()).find(({ sourceId }) => sourceId === source);

  it("are one for each that events are about, however many came, in whatever order", async () => {
    const since = at.clock.now;
    await at.store.keepEvent("one", "contacts", [{ kind: "user", key: "ann", isGone: true }]);
    at.clock.now += 1000;
    for (let number = 0; number < 3; number += 1) {
      await at.store.keepEvent("one", "contacts", [{ kind: "user", key: "ann" }]);
    }
    await at.store.keepEvent("one", "contacts", [
      { kind: "user", key: "bob" },
      { kind: "user", key: "ann" },
    ]);
    expect(await at.store.markedPeople("one", 10)).toEqual([
      { key: "ann", isGone: true, stamp: expect.any(String) },
      { key: "bob", isGone: false, stamp: expect.any(String) },
    ]);
    expect(await at.store.markedPeople("one", 1)).toHaveLength(1);
    expect(await at.store.markedSources()).toEqual([
      { sourceId: "one", people: 2, others: 0, isGathered: false, since },
    ]);
  });

  it("of all sources are told apart", async () => {
    await at.store.keepEvent("one", "contacts", [{ kind: "department", key: "7" }]);
    await at.store.keepEvent("one", "contacts", [{ kind: "tag", key: "7" }]);
    await at.store.keepEvent("two", "app", [{ kind: "user", key: "ann" }]);
    expect(await marksOf("one")).toMatchObject({ people: 0, others: 2 });
    expect(await marksOf("two")).toMatchObject({ people: 1, others: 0 });
  });

  it("are dropped by their stamp, so that what came meanwhile stays", async () => {
    await at.store.keepEvent("one", "contacts", [{ kind: "user", key: "ann" }]);
    await at.store.keepEvent("one", "contacts", [{ kind: "user", key: "bob" }]);
    const stamps = (await at.store.markedPeople("one", 10)).map(({ stamp }) => stamp);
    await at.store.keepEvent("one", "contacts", [{ kind: "user", key: "bob" }]);
    await at.store.dropMarks("two", stamps);
    expect(await at.store.markedPeople("one", 10)).toHaveLength(2);
    await at.store.dropMarks("one", stamps);
    expect((await at.store.markedPeople("one", 10)).map(({ key }) => key)).toEqual(["bob"]);
  });

  it("of many people become one for a sync of everything, and what comes after is a mark of its own", async () => {
    const other = await at.openAnother();
    await Promise.all(
      Array.from({ length: 300 }, (_, number) =>
        (number % 2 === 0 ? at.store : other).keepEvent("one", "contacts", [{ kind: "user", key: `p${number}` }]),
      ),
    );
    expect(await marksOf("one")).toMatchObject({ people: 300 });
    const stamp = await at.store.gatherMarks("one");
    expect(await marksOf("one")).toMatchObject({ people: 0, others: 0, isGathered: true });
    await at.store.keepEvent("one", "contacts", [{ kind: "user", key: "p1" }]);
    await at.store.dropMarks("one", [stamp ?? ""]);
    expect(await marksOf("one")).toMatchObject({ people: 1, isGathered: false });
    expect(await at.store.gatherMarks("two")).toBeNull();
  });

  it("say when the last event came, by which address, whether or not it was about anything", async () => {
    expect(await at.store.lastEvents("one")).toEqual({ contacts: null, app: null });
    await at.store.keepEvent("one", "app", []);
    const first = at.clock.now;
    at.clock.now += 5000;
    await at.store.keepEvent("one", "contacts", []);
    expect(await at.store.lastEvents("one")).toEqual({ contacts: first + 5000, app: first });
    expect(await at.store.markedSources()).toEqual([]);
  });
});
