import { describe, expect, it } from "vitest";
import { makeSchemaCatalog, parseSchema } from "../../src/scim/catalog.ts";
import { makeProjection } from "../../src/scim/project.ts";
import { enterpriseUserSchema } from "../../src/scim/resource.ts";
import { ScimError } from "../../src/scim/scim-error.ts";

const own = "urn:example:scim:2.0:User";
const catalog = makeSchemaCatalog([
  parseSchema({
    id: own,
    name: "Example",
    attributes: [
      { name: "shift" },
      { name: "secret", returned: "never" },
      { name: "pay", returned: "request" },
      { name: "code", returned: "always" },
    ],
  }),
]);

const user = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterpriseUserSchema],
  id: "1",
  userName: "a",
  password: "p",
  name: { familyName: "F", givenName: "G" },
  emails: [{ value: "a@x.test", type: "work" }, { value: "b@x.test" }],
  [enterpriseUserSchema]: { department: "D", manager: { value: "2", displayName: "M" } },
  [own]: { shift: "s", secret: "x", pay: "1", code: "c" },
  meta: { resourceType: "User", version: 'W/"1"' },
};

const project = (request: { attributes?: readonly string[]; excludedAttributes?: readonly string[] }) =>
  makeProjection("User", catalog, { attributes: [], excludedAttributes: [], ...request });
const only = (...attributes: readonly string[]) => project({ attributes }).apply(user);
const without = (...excludedAttributes: readonly string[]) => project({ excludedAttributes }).apply(user);
const minimum = { schemas: user.schemas, id: "1", [own]: { code: "c" } };

describe("projection", () => {
  it("R-009 leaves out what is returned never, or on request only", () => {
    expect(project({}).apply(user)).toEqual({ ...without(), password: undefined });
    expect(without()).not.toHaveProperty("password");
    expect(without()[own]).toEqual({ shift: "s", code: "c" });
    expect(only(`${own}:pay`)[own]).toEqual({ pay: "1", code: "c" });
    expect(only("password", `${own}:secret`)).toEqual(minimum);
  });

  it("R-103 takes URN prefixes, sub-attributes and any case", () => {
    expect(only("USERNAME")).toEqual({ ...minimum, userName: "a" });
    expect(only("urn:ietf:params:scim:schemas:core:2.0:user:userName")).toEqual({ ...minimum, userName: "a" });
    expect(only("name.familyName")).toEqual({ ...minimum, name: { familyName: "F" } });
    expect(only("emails.type")).toEqual({ ...minimum, emails: [{ type: "work" }] });
    expect(only(`${enterpriseUserSchema.toUpperCase()}:manager.value`)).toEqual({
      ...minimum,
      [enterpriseUserSchema]: { manager: { value: "2" } },
    });
  });

  it("takes the URN of an extension for all of it", () => {
    expect(only(enterpriseUserSchema)).toEqual({ ...minimum, [enterpriseUserSchema]: user[enterpriseUserSchema] });
    expect(without(enterpriseUserSchema)).not.toHaveProperty([enterpriseUserSchema]);
  });

  it("R-103 refuses both lists at once, and what is no path", () => {
    expect(() => project({ attributes: ["userName"], excludedAttributes: ["title"] })).toThrow(ScimError);
    expect(() => project({ attributes: ['emails[type eq "work"]'] })).toThrow(ScimError);
  });

  it("R-104 answers the minimum for names that no schema knows", () => {
    expect(only("nope", "constructor", "name.nope")).toEqual(minimum);
  });

  it("R-105 keeps what is returned always, whatever is excluded", () => {
    expect(without("id", "schemas", `${own}:code`, "emails.type", "name.familyName", "meta")).toEqual({
      schemas: user.schemas,
      id: "1",
      userName: "a",
      name: { givenName: "G" },
      emails: [{ value: "a@x.test" }, { value: "b@x.test" }],
      [enterpriseUserSchema]: user[enterpriseUserSchema],
      [own]: { shift: "s", code: "c" },
    });
  });

  it("R-106 says what need not be loaded, and when a document can stay as it is", () => {
    const text = JSON.stringify({ schemas: user.schemas, userName: "a" });
    expect(project({}).keepsDocument(text)).toBe(true);
    expect(project({}).keepsDocument(JSON.stringify(user))).toBe(false);
    const slim = project({ excludedAttributes: ["GROUPS", "meta"] });
    expect([slim.includes("groups"), slim.includes("meta"), slim.keepsDocument(text)]).toEqual([false, false, true]);
    expect(project({ excludedAttributes: ["groups.display"] }).keepsDocument(text)).toBe(false);
    expect(project({ excludedAttributes: ["title"] }).keepsDocument(text)).toBe(false);
    expect(project({ attributes: ["userName"] }).includes("groups")).toBe(false);
    expect(project({ attributes: ["groups.value"] }).includes("groups")).toBe(true);
  });

  it("treats keys of JavaScript's own members as data", () => {
    const odd = JSON.parse('{"id":"1","__proto__":{"polluted":true},"constructor":"c"}');
    expect(JSON.stringify(project({}).apply(odd))).toBe('{"id":"1","__proto__":{"polluted":true},"constructor":"c"}');
    expect(JSON.stringify(project({ attributes: ["userName"] }).apply(odd))).toBe('{"id":"1"}');
  });
});
