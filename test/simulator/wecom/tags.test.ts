import { expect, test } from "vitest";
import { as, empty } from "./support.ts";

async function tagged() {
  const wecom = await empty();
  const { control } = wecom;
  control.createDepartment({ id: 2, name: "研发", parentid: 1 });
  control.createMember({ userid: "dev", name: "开", department: [2] });
  control.createMember({ userid: "boss", name: "总", department: [1] });
  control.createTag({ tagid: 5, tagname: "__proto__", ownedByApp: true });
  control.createTag({ tagid: 6, tagname: "空" });
  control.changeTagMembers(5, { addUsers: ["dev", "boss"], addDepartments: [2] });
  return wecom;
}

test("tag/list names the tags, tag/get their users with names and their departments unexpanded", async () => {
  const wecom = await tagged();
  const api = as(wecom.url, wecom);
  expect((await api.get("tag/list"))["taglist"]).toEqual([
    { tagid: 5, tagname: "__proto__" },
    { tagid: 6, tagname: "空" },
  ]);
  expect(await api.get("tag/get", { tagid: 5 })).toEqual({
    errcode: 0,
    errmsg: "ok",
    tagname: "__proto__",
    userlist: [
      { userid: "dev", name: "开" },
      { userid: "boss", name: "总" },
    ],
    partylist: [2],
  });
  expect(await api.get("tag/get", { tagid: 6 })).toMatchObject({ userlist: [], partylist: [] });
});

test("tag/get shows only what is in the app's scope", async () => {
  const wecom = await tagged();
  wecom.control.setScope({ departments: [2], users: [], tags: [] });
  expect(await as(wecom.url, wecom).get("tag/get", { tagid: 5 })).toMatchObject({
    userlist: [{ userid: "dev" }],
    partylist: [2],
  });
});

test("a corp may show the app only tags of its own and of its scope", async () => {
  const wecom = await tagged();
  wecom.control.setSettings({ appTags: "own-and-scope" });
  const api = as(wecom.url, wecom);
  expect((await api.get("tag/list"))["taglist"]).toEqual([{ tagid: 5, tagname: "__proto__" }]);
  expect((await api.get("tag/get", { tagid: 6 })).errcode).toBe(60011);
  wecom.control.setScope({ departments: [1], users: [], tags: [6] });
  expect((await api.get("tag/list"))["taglist"]).toHaveLength(2);
});

test("unknown and missing tags have their codes", async () => {
  const wecom = await tagged();
  const api = as(wecom.url, wecom);
  expect((await api.get("tag/get", { tagid: 77 })).errcode).toBe(40068);
  expect((await api.get("tag/get")).errcode).toBe(41017);
});

test("the contacts secret reads tags, unless the corp refuses that to new IPs", async () => {
  const wecom = await tagged();
  const api = as(wecom.url, wecom, "contacts");
  expect((await api.get("tag/list")).errcode).toBe(0);
  wecom.control.setSettings({ contactsTags: false });
  expect((await api.get("tag/list")).errcode).toBe(48009);
});
