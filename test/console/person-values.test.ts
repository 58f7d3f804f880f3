import { describe, expect, it } from "vitest";
import { toPersonValues, toResource } from "../../src/console/pages/custom/person-values.ts";

const before = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  id: "7",
  meta: { version: "3" },
  userName: "li.si",
  displayName: "李四",
  nickName: "小李",
  emails: [
    { value: "home@corp.example", type: "home" },
    { value: "work@corp.example", type: "work", primary: true },
  ],
  phoneNumbers: [{ value: "13800001234" }],
  departments: ["d1"],
};

describe("the form of a person of a custom source", () => {
  it("changes nothing that nobody touched", () => {
    const { id: _id, meta: _meta, ...rest } = before;
    expect(toResource(toPersonValues(before), before)).toEqual({ ...rest, active: true });
  });

  it("sets what it shows, and leaves other values of the same attribute", () => {
    const values = { ...toPersonValues(before), email: " new@corp.example ", mobile: "", title: "经理", active: false };
    const made = toResource(values, before);
    expect(made).toMatchObject({
      ...{ nickName: "小李", title: "经理", active: false },
      emails: [
        { value: "home@corp.example", type: "home" },
        { value: "new@corp.example", type: "work", primary: true },
      ],
    });
    expect(made).not.toHaveProperty("phoneNumbers");
    expect(made).not.toHaveProperty("id");
    expect(toResource({ ...values, email: "" }, before)["emails"]).toEqual([
      { value: "home@corp.example", type: "home" },
    ]);
  });

  it("makes somebody new, whose only address is the primary one", () => {
    expect(toResource({ userName: " wu ", email: "wu@corp.example", active: true, departments: [] }, null)).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      userName: "wu",
      emails: [{ value: "wu@corp.example", type: "work", primary: true }],
      active: true,
      departments: [],
    });
  });
});
