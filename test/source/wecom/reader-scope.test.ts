import { describe, expect, test } from "vitest";
import { html, inTurn, refused, type Script } from "./fake-wecom.ts";
import { errorOf, gather, setUp } from "./harness.ts";
import { agentScope, corp, except, ok } from "./sample-corp.ts";

describe("the app's visible scope", () => {
  test("is told with the read", async () => {
    const { source, fake } = await setUp(
      corp({ "agent/get": agentScope({ users: ["Boss"], departments: [2, 3], tags: [7] }) }),
      { agentId: 1000002 },
    );
    const read = await gather(source);
    expect(read.end.visibility.granted).toEqual({ departments: ["2", "3"], users: ["boss"], tags: ["7"] });
    expect(fake.calls.find(({ path }) => path === "agent/get")?.query["agentid"]).toBe("1000002");
    expect(fake.count("user/get")).toBe(0);
  });

  test("brings people who are in no visible department, by themselves or by a tag", async () => {
    const { source, fake } = await setUp(
      corp({
        "agent/get": agentScope({ users: ["Ext.One", "BOSS"], tags: [8] }),
        "tag/get": ({ query }) =>
          query["tagid"] === "8"
            ? { ...ok, tagname: "外部", userlist: [{ userid: "Ext.Two" }, { userid: "dev.two" }], partylist: [] }
            : { ...ok, tagname: "骨干", userlist: [{ userid: "hidden" }], partylist: [] },
        "user/get": ({ query }) => ({ ...ok, userid: query["userid"], name: "x", department: [] }),
      }),
      { agentId: 1000002 },
    );
    const read = await gather(source);
    expect(read.userKeys).toEqual(["boss", "dev.one", "dev.two", "ext.one", "ext.two"]);
    expect(fake.count("user/get")).toBe(2);
    expect(read.tags.map(({ key }) => key).sort()).toEqual(["7", "8"]);
    // The verdict is no part of the person.
    expect(read.users.find(({ key }) => key === "ext.one")?.raw).toEqual({
      userid: "Ext.One",
      name: "x",
      department: [],
    });
  });

  test.each([60111, 40003])("a granted person who is not there (%i) is no problem", async (errcode) => {
    const { source } = await setUp(
      corp({ "agent/get": agentScope({ users: ["gone"] }), "user/get": () => refused(errcode) }),
      { agentId: 1000002 },
    );
    const read = await gather(source);
    expect(read.problems).toEqual([]);
    expect(read.end.complete).toBe(true);
  });

  test.each([60011, -1])("a granted person who cannot be read (%i) is one", async (errcode) => {
    const { source } = await setUp(
      corp({ "agent/get": agentScope({ users: ["Ext.One"] }), "user/get": () => refused(errcode) }),
      { agentId: 1000002 },
    );
    const read = await gather(source);
    expect(read.problems).toMatchObject([{ code: "wecom.user-unreadable", errcode }]);
    expect(read.end.complete).toBe(false);
  });

  test.each([40056, 301002])("a wrong AgentId (%i) ends the read", async (errcode) => {
    const { source } = await setUp(corp({ "agent/get": () => refused(errcode) }), { agentId: 5 });
    expect(await errorOf(gather(source))).toMatchObject({ code: "wecom.agent-id-invalid", errcode });
  });

  test("explains a department above it whose members may not be read", async () => {
    const above = except(1, refused(60011, { userlist: [] }));
    const inScope = { "agent/get": agentScope({ departments: [2], tags: [9] }), "user/list": above };
    const ofTag: Script = () => ({ ...ok, tagname: "x", userlist: [], partylist: [3] });
    const { source } = await setUp(corp({ ...inScope, "tag/get": ofTag }), { agentId: 1000002 });
    const read = await gather(source);
    expect(read.problems).toEqual([]);
    expect(read.end.complete).toBe(true);
    expect(read.userKeys).toEqual(["dev.one", "dev.two"]);
  });

  test("does not excuse a department inside it, nor one that a tag of it names", async () => {
    const ofTag: Script = () => ({ ...ok, tagname: "x", userlist: [], partylist: [3] });
    for (const id of [4, 3]) {
      const { source } = await setUp(
        corp({
          "agent/get": agentScope({ departments: [2], tags: [9] }),
          "tag/get": ofTag,
          "user/list": except(id, refused(60011, { userlist: [] })),
        }),
        { agentId: 1000002 },
      );
      const read = await gather(source);
      expect(read.problems).toMatchObject([{ code: "wecom.department-unreadable", errcode: 60011 }]);
      expect(read.end.complete).toBe(false);
    }
  });

  test("that cannot be asked for now makes the read not whole", async () => {
    const { source } = await setUp(corp({ "agent/get": () => html() }), { agentId: 1000002 });
    const read = await gather(source);
    expect(read.problems).toMatchObject([{ code: "wecom.scope-unknown", unread: "tags" }]);
    expect(read.end).toMatchObject({ complete: false, visibility: { granted: null } });
    expect(read.userKeys).toEqual(["boss", "dev.one", "dev.two"]);
  });
});

describe("a tag", () => {
  test("that is gone in the meantime is left out", async () => {
    const { source } = await setUp(
      corp({
        "tag/get": () => refused(40068),
        "tag/list": inTurn({ ...ok, taglist: [{ tagid: 7, tagname: "骨干" }] }, { ...ok, taglist: [] }),
      }),
    );
    const read = await gather(source);
    expect(read.tags).toEqual([]);
    expect(read.end.complete).toBe(true);
  });

  test.each([
    ["a refusal", refused(60011, { userlist: [], partylist: [] })],
    ["HTML", html()],
    ["no lists", { ...ok, tagname: "x" }],
    ["a member without userid", { ...ok, tagname: "x", userlist: [{ name: "x" }], partylist: [] }],
    ["a department that is no id", { ...ok, tagname: "x", userlist: [], partylist: ["x"] }],
  ])("that cannot be read, %s, is a problem that names it", async (_, reply) => {
    const { source } = await setUp(corp({ "tag/get": () => reply }));
    const read = await gather(source);
    expect(read.problems).toMatchObject([{ code: "wecom.tag-unreadable", unread: "tags" }]);
    expect(read.problems[0]?.detail).toContain("Tag 7");
    expect(read.end.complete).toBe(false);
    expect(read.userKeys).toHaveLength(3);
  });

  test("without one of its lists has nothing in it", async () => {
    const { source } = await setUp(corp({ "tag/get": () => ({ ...ok, tagname: "x", userlist: [] }) }));
    expect((await gather(source)).tags).toMatchObject([{ key: "7", users: [], departments: [] }]);
  });

  test.each([48002, 48001, 60011, -1])("list that is refused with %i leaves the people readable", async (errcode) => {
    const { source } = await setUp(corp({ "tag/list": () => refused(errcode, { taglist: [] }) }));
    const read = await gather(source);
    expect(read.problems).toMatchObject([{ code: "wecom.tags-unreadable", errcode, unread: "tags" }]);
    expect(read.end.complete).toBe(false);
    expect(read.userKeys).toHaveLength(3);
  });
});

describe("fields that the credential does not see", () => {
  const all = ["avatar", "gender", "mobile", "email", "biz_mail", "qr_code", "address", "thumb_avatar"];
  const unseenOf = async (...members: readonly object[]): Promise<readonly string[]> => {
    const userlist = members.map((member, index) => ({ userid: `u${index}`, department: [1], ...member }));
    const { source } = await setUp(corp({ "user/list": () => ({ ...ok, userlist }) }));
    return (await gather(source)).end.unseenFields;
  };

  test("are all of the sensitive ones when nobody has a value", async () => {
    expect(await unseenOf({}, { mobile: "", gender: "0", email: null }, { gender: 0 })).toEqual(all);
  });

  test("are seen as soon as one person has a value", async () => {
    expect(await unseenOf({ mobile: "13800000000" }, { gender: "2" })).toEqual(
      all.filter((field) => field !== "mobile" && field !== "gender"),
    );
    expect(await unseenOf({ gender: 1 })).not.toContain("gender");
  });

  test("count the small picture with the large one", async () => {
    expect(await unseenOf({ avatar: "http://a/0" })).toEqual(
      all.filter((field) => field !== "avatar" && field !== "thumb_avatar"),
    );
  });

  test("are all of them when nobody was read", async () => {
    const { source } = await setUp(corp());
    expect((await gather(source, { users: false })).end.unseenFields).toEqual(all);
  });
});
