import { describe, expect, it } from "vitest";
import { topmost, toTree } from "../../src/console/pages/sources/form/tree.ts";
import { initialValues, toBody, toPatch } from "../../src/console/pages/sources/form/values.ts";

describe("the form of a source", () => {
  it("sends what was filled in, trimmed, and nothing that was left empty", () => {
    const body = toBody({
      ...initialValues,
      name: " hq ",
      namespace: "",
      wecom: { corpId: "ww1 ", proxy: "", callback: { token: "" } },
    });
    expect(body).toMatchObject({ name: "hq", wecom: { corpId: "ww1" } });
    expect(body).not.toHaveProperty("namespace");
    expect(body["wecom"]).toEqual({ corpId: "ww1" });
  });

  it("says nothing of reading for a custom source", () => {
    const body = toBody({ ...initialValues, type: "custom", name: "guests" });
    expect(Object.keys(body).sort()).toEqual(["name", "safeguards", "type"]);
  });

  it("clears by null what was emptied, at any depth", () => {
    const before = {
      ...initialValues,
      namespace: "cn",
      wecom: {
        corpId: "ww1",
        corpSecret: "********",
        agentId: 3,
        callback: { token: "********", encodingAesKey: "********" },
      },
    };
    const after = {
      ...before,
      namespace: "",
      wecom: { ...before.wecom, agentId: null, callback: { token: "", encodingAesKey: "" } },
    };
    const patch = toPatch(after, before);
    expect(patch).toMatchObject({ namespace: null, wecom: { corpId: "ww1", agentId: null, callback: null } });
  });

  it("leaves a stored secret as it is", () => {
    const before = { ...initialValues, name: "a", wecom: { corpId: "ww1", corpSecret: "********" } };
    expect(toPatch(before, before)).toMatchObject({ wecom: { corpSecret: "********" } });
  });

  it("sends an authorisation in the place of what was typed before it was chosen", () => {
    const typed = {
      corpId: "ww1",
      corpSecret: "s",
      contactsSecret: "c",
      agentId: 3,
      proxy: "http://proxy.example.com",
    };
    const body = toBody({ ...initialValues, name: "hq", wecom: { ...typed, authorization: "a1" } });
    expect(body["wecom"]).toEqual({ authorization: "a1", proxy: "http://proxy.example.com" });
  });

  it("drops departments once everybody is meant", () => {
    const before = { ...initialValues, scope: { mode: "partial" as const, departments: [3] } };
    const after = { ...before, scope: { mode: "all" as const, departments: [3] } };
    expect(toPatch(after, before)["scope"]).toMatchObject({ mode: "all", departments: null });
    expect(toBody(after)["scope"]).toEqual({ mode: "all" });
  });
});

const departments = [
  { id: 1, name: "公司", parentId: null },
  { id: 2, name: "研发", parentId: 1 },
  { id: 3, name: "前端", parentId: 2 },
  { id: 9, name: "", parentId: 7 },
];

describe("the tree of departments", () => {
  it("has those at its top whose parent is not visible, and shows the id where there is no name", () => {
    const tree = toTree(departments);
    expect(tree.map(({ key, title }) => [key, title])).toEqual([
      [1, "公司"],
      [9, "#9"],
    ]);
    expect(tree[0]?.children?.[0]?.children?.[0]).toMatchObject({ key: 3 });
  });

  it("chooses the topmost of what is checked", () => {
    expect(topmost([1, 2, 3, 9], departments)).toEqual([1, 9]);
    expect(topmost([3, 2], departments)).toEqual([2]);
  });

  it("comes to an end in a circle", () => {
    const circle = [
      { id: 4, name: "a", parentId: 5 },
      { id: 5, name: "b", parentId: 4 },
    ];
    expect(topmost([4], circle)).toEqual([4]);
    expect(toTree(circle)).toEqual([]);
  });
});
