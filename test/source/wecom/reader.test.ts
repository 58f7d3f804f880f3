import { describe, expect, test } from "vitest";
import { html, inTurn, type Reply, refused, reset, type Script } from "./fake-wecom.ts";
import { errorOf, gather, setUp } from "./harness.ts";
import { agentScope, corp, departments, except, ok, people } from "./sample-corp.ts";

describe("a whole read", () => {
  test("brings departments, members and tags as WeCom describes them", async () => {
    const { source, fake } = await setUp(corp());
    const read = await gather(source);
    expect(read.departments).toEqual(["1", "2", "3", "4"]);
    expect(read.userKeys).toEqual(["boss", "dev.one", "dev.two"]);
    expect(read.users.find(({ key }) => key === "dev.one")).toEqual({
      kind: "user",
      key: "dev.one",
      raw: people[1],
      departments: ["2", "3"],
      mainDepartment: "2",
      managers: ["boss"],
    });
    expect(read.tags).toEqual([
      {
        kind: "tag",
        key: "7",
        raw: { tagid: 7, tagname: "骨干", userlist: [{ userid: "dev.One", name: "b" }], partylist: [4] },
        name: "骨干",
        users: ["dev.one"],
        departments: ["4"],
      },
    ]);
    expect(read.end).toMatchObject({ complete: true, visibility: { roots: ["1"], granted: null } });
    expect(fake.count("user/list")).toBe(4);
  });

  test("names the leaders of a department as WeCom spells them", async () => {
    const list = [
      { ...departments[0], department_leader: ["Boss", "", 7, "dev.One"] },
      { ...departments[1], department_leader: "Boss" },
      departments[2],
    ];
    const { source } = await setUp(corp({ "department/list": () => ({ ...ok, department: list }) }));
    const [first] = (await gather(source)).events;
    const records = first?.type === "departments" ? first.records : [];
    expect(records.map(({ leaders }) => leaders)).toEqual([["Boss", "dev.One"], [], []]);
  });

  test("tells its progress in departments", async () => {
    const { source } = await setUp(corp());
    const progress = (await gather(source)).events.filter(({ type }) => type === "progress");
    expect(progress).toEqual([1, 2, 3, 4].map((done) => ({ type: "progress", done, total: 4 })));
  });

  test("without people asks for nobody, and gives tags without their members", async () => {
    const { source, fake } = await setUp(corp({ "agent/get": agentScope({ users: ["x"], tags: [7, 8] }) }), {
      agentId: 1000002,
    });
    const read = await gather(source, { users: false });
    expect(read.users).toEqual([]);
    expect(fake.count("user/list") + fake.count("user/get")).toBe(0);
    expect(read.tags.map(({ key, users, departments: parts }) => [key, users, parts])).toEqual([
      ["7", [], []],
      ["8", [], []],
    ]);
  });

  test("takes several roots and departments whose parent is out of sight", async () => {
    const list = [departments[3], { id: 9, name: "x", parentid: 8 }, { id: 10, name: "y", parentid: 9 }];
    const { source } = await setUp(corp({ "department/list": () => ({ ...ok, department: list }) }));
    const read = await gather(source);
    expect(read.end.visibility.roots).toEqual(["4", "9"]);
    expect(read.end.complete).toBe(true);
  });

  test("keeps keys that look like parts of JavaScript as plain data", async () => {
    const text = '{"errcode":0,"userlist":[{"userid":"__proto__","department":[1],"__proto__":{"mobile":"1"}}]}';
    const raw: Reply = (response) => response.end(text);
    const { source } = await setUp(corp({ "user/list": () => raw }));
    const user = (await gather(source)).users[0];
    expect(user?.key).toBe("__proto__");
    expect(Object.keys(user?.raw ?? {})).toEqual(["userid", "department", "__proto__"]);
    expect((await gather(source)).end.unseenFields).toContain("mobile");
  });
});

describe("one department that cannot be read", () => {
  const failures: readonly [string, Reply, number | null][] = [
    ["60003", refused(60003, { userlist: [] }), 60003],
    ["60123", refused(60123, { userlist: [] }), 60123],
    ["60011", refused(60011, { userlist: [] }), 60011],
    ["45029", refused(45029, { userlist: [] }), 45029],
    ["-1 for ever", refused(-1, { userlist: [] }), -1],
    ["HTML", html(), null],
    ["a reset connection", reset(), null],
    ["no list", { ...ok }, null],
    ["a list that is none", { ...ok, userlist: { userid: "x" } }, null],
  ];

  test.each(failures)("because of %s is a problem, and the read is not whole", async (_, reply, errcode) => {
    const { source } = await setUp(corp({ "user/list": except(4, reply) }));
    const read = await gather(source);
    expect(read.problems).toMatchObject([{ code: "wecom.department-unreadable", errcode }]);
    expect(read.problems[0]?.detail).toContain("department 4");
    expect(read.problems[0]?.unread).toBeUndefined();
    expect(read.end.complete).toBe(false);
    expect(read.userKeys).toEqual(["boss", "dev.one"]);
    expect(read.tags).toHaveLength(1);
  });

  test.each([
    ["no userid", { name: "x", department: [4] }],
    ["an empty userid", { userid: "", department: [4] }],
    ["no department", { userid: "x" }],
    ["a department that is no id", { userid: "x", department: [4, "abc"] }],
    ["no object", "x"],
  ])("in part, an entry with %s, keeps the others and is not whole", async (_, entry) => {
    const { source } = await setUp(corp({ "user/list": except(4, { ...ok, userlist: [entry, people[2]] }) }));
    const read = await gather(source);
    expect(read.userKeys).toEqual(["boss", "dev.one", "dev.two"]);
    expect(read.problems).toMatchObject([{ code: "wecom.department-unreadable", errcode: null }]);
    expect(read.end.complete).toBe(false);
  });

  test.each([
    [50003, "wecom.app-disabled"],
    [60020, "wecom.ip-untrusted"],
    [48006, "wecom.app-dormant"],
    [987654, "wecom.refused"],
  ])("because of %i ends the read: nothing else would work", async (errcode, code) => {
    const { source } = await setUp(corp({ "user/list": except(4, refused(errcode, { userlist: [] })) }));
    expect(await errorOf(gather(source))).toMatchObject({ name: "SourceError", code, errcode });
  });

  test("and the next, and the next: when WeCom is away, the rest is not asked for", async () => {
    const list = Array.from({ length: 200 }, (_, index) => ({ id: index + 1, name: "d", parentid: index && 1 }));
    const { source, fake } = await setUp(
      corp({ "department/list": () => ({ ...ok, department: list }), "user/list": () => reset() }),
    );
    expect(await errorOf(gather(source))).toMatchObject({ code: "wecom.unreachable", retryable: true });
    expect(fake.count("user/list")).toBeLessThan(80);
  });
});

describe("no usable tree", () => {
  test.each([
    ["an empty list", { ...ok, department: [] }],
    ["60011", refused(60011, { department: [] })],
    ["60003", refused(60003)],
  ])("%s means that nothing is in the app's scope", async (_, reply) => {
    const { source, fake } = await setUp(corp({ "department/list": () => reply }));
    const error = await errorOf(gather(source));
    expect(error).toMatchObject({ name: "SourceError", code: "wecom.scope-empty", retryable: false });
    expect(error.message).toContain("可见范围");
    expect(fake.count("user/list")).toBe(0);
  });

  test.each([
    ["no list", { ...ok }],
    ["an object", { ...ok, department: { id: 1 } }],
    ["a text", { ...ok, department: "1" }],
    ["an entry without id", { ...ok, department: [{ name: "x", parentid: 1 }] }],
    ["an id of zero", { ...ok, department: [{ id: 0, parentid: 0 }] }],
    ["a parent that is no id", { ...ok, department: [{ id: 1, parentid: "top" }] }],
    ["one id for two departments", { ...ok, department: [departments[0], { id: 1, name: "other", parentid: 0 }] }],
    [
      "a circle",
      {
        ...ok,
        department: [
          { id: 1, parentid: 0 },
          { id: 2, parentid: 3 },
          { id: 3, parentid: 2 },
        ],
      },
    ],
    ["a department above itself", { ...ok, department: [{ id: 2, parentid: 2 }] }],
  ])("%s makes no sense", async (_, reply) => {
    const { source } = await setUp(corp({ "department/list": () => reply }));
    expect(await errorOf(gather(source))).toMatchObject({ name: "SourceError", code: "wecom.nonsense" });
  });

  test("48009 says that the contacts secret is not enough", async () => {
    const { source } = await setUp(corp({ "department/list": () => refused(48009) }));
    expect(await errorOf(gather(source))).toMatchObject({ code: "wecom.contacts-secret-restricted", errcode: 48009 });
  });

  test("a department that is listed twice, the same, counts once", async () => {
    const list = [...departments, departments[3]];
    const { source } = await setUp(corp({ "department/list": () => ({ ...ok, department: list }) }));
    expect((await gather(source)).departments).toEqual(["1", "2", "3", "4"]);
  });
});

describe("a chosen part", () => {
  test("is the departments with everything below them", async () => {
    const { source, fake } = await setUp(corp());
    const read = await gather(source, { scope: { mode: "partial", departments: [2] } });
    expect(read.departments).toEqual(["2", "4"]);
    expect(read.userKeys).toEqual(["dev.one", "dev.two"]);
    expect(read.end).toMatchObject({ complete: true, visibility: { roots: ["1"] } });
    expect(fake.count("user/list")).toBe(2);
  });

  test("with departments that are not to be seen is not whole, and one problem names them all", async () => {
    const { source } = await setUp(corp());
    const many = Array.from({ length: 60 }, (_, at) => 1001 + at);
    const read = await gather(source, { scope: { mode: "partial", departments: [3, 55, ...many] } });
    expect(read.departments).toEqual(["3"]);
    expect(read.problems).toMatchObject([{ code: "wecom.scope-department-missing" }]);
    expect(read.problems[0]?.detail).toContain(": 55, 1001, 1002, ");
    expect(read.problems[0]?.detail).toContain("1049 and 11 more");
    expect(read.problems[0]?.detail).toContain("可见范围");
    expect(read.end.complete).toBe(false);
  });

  test.each([[[55, 56]], [[]]])("of which nothing is to be seen, %j, is no read", async (chosen) => {
    const { source } = await setUp(corp());
    const read = gather(source, { scope: { mode: "partial", departments: chosen } });
    expect(await errorOf(read)).toMatchObject({ code: "wecom.scope-empty" });
  });

  test("leaves out who is granted one by one and belongs elsewhere", async () => {
    const { source } = await setUp(
      corp({
        "agent/get": agentScope({ users: ["Ext.One", "Ext.Two"] }),
        "user/get": ({ query }) => ({
          ...ok,
          userid: query["userid"],
          department: query["userid"] === "Ext.One" ? [3] : [4],
        }),
      }),
      { agentId: 1000002 },
    );
    const read = await gather(source, { scope: { mode: "partial", departments: [2] } });
    expect(read.userKeys).toEqual(["dev.one", "dev.two", "ext.two"]);
  });
});

test("a member is given as soon as his department is read", async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const usual = corp()["user/list"] as Script;
  const { source } = await setUp(
    corp({
      "user/list": async (call) => {
        if (call.query["department_id"] === "4") await gate;
        return usual(call);
      },
    }),
  );
  const keys: string[] = [];
  for await (const event of source.read({
    scope: { mode: "all" },
    users: true,
    signal: new AbortController().signal,
  })) {
    if (event.type === "users") keys.push(...event.records.map(({ key }) => key));
    if (keys.length === 3) release();
  }
  expect(keys.slice(0, 3).sort()).toEqual(["boss", "dev.one", "dev.one"]);
  expect(keys).toHaveLength(4);
});

test("a call that succeeds at the second try is no problem", async () => {
  const { source } = await setUp(corp({ "tag/list": inTurn(refused(-1, { taglist: [] }), { ...ok, taglist: [] }) }));
  expect((await gather(source)).end.complete).toBe(true);
});
