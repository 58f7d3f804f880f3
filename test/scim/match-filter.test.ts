import { describe, expect, it } from "vitest";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { type FilterableResource, matchesFilter } from "../../src/scim/match-filter.ts";
import { parseFilter } from "../../src/scim/parse-filter.ts";
import { resolveFilter } from "../../src/scim/resolve-filter.ts";
import { enterpriseUserSchema } from "../../src/scim/resource.ts";

// What it answers is what SQL answers: test/store/filter.test.ts and filter-odd.test.ts compare them at random. Here are
// the cases that a reader would ask about, without a database.

const catalog = makeSchemaCatalog([]);

const user: FilterableResource = {
  type: "User",
  id: "01900000-0000-7000-8000-000000000001",
  createdAt: Date.UTC(2026, 0, 31),
  lastModifiedAt: Date.UTC(2026, 1, 1),
  document: {
    externalId: "ZhangSan",
    userName: "Zhang.Éva",
    emails: [
      { value: "a@Example.com", type: "work", primary: true },
      { value: "b@example.org", type: "home" },
    ],
    [enterpriseUserSchema]: { department: "技术部" },
  },
  edges: [{ id: "01900000-0000-7000-8000-000000000002", type: "Group", displayName: "技术部" }],
};

const group: FilterableResource = {
  ...user,
  type: "Group",
  document: { displayName: "技术部" },
  edges: [{ id: user.id, type: "User", displayName: null }],
};

const matches = (text: string, resource = user) =>
  matchesFilter(resolveFilter(parseFilter(text), resource.type, catalog), resource);

describe("matchesFilter", () => {
  it.each([
    ['userName eq "ZHANG.éVA"', "case by Unicode's rules"],
    ['externalId eq "ZhangSan" and not (externalId eq "zhangsan")', "case where the attribute is caseExact"],
    ["active eq true and active pr", "active where it is absent"],
    ['title ne "x" and not (title eq "x") and title eq null', "ne and not where there is no value"],
    ['not (title co "x") and not (title gt "x")', "not of a comparison with nothing"],
    ['emails[type eq "work" and value co "example.com"]', "one element that fulfils all of it"],
    ['emails.type eq "work" and emails.value sw "B@"', "several elements together"],
    ['not (emails[type eq "home" and primary eq true])', "elements without a sub-attribute"],
    ['emails ne "a@example.com"', "ne with one element of two"],
    ['meta.created ge "2026-01-31T08:00:00+08:00" and meta.lastModified gt "2026-01-31T00:00:00Z"', "times as such"],
    ['meta.resourceType eq "User" and id pr and meta pr', "what is stored beside the document"],
    ['groups.value eq "01900000-0000-7000-8000-000000000002" and groups.type eq "Direct"', "groups"],
    [`${enterpriseUserSchema}:department eq "技术部"`, "extensions"],
  ])("%s (%s)", (text) => {
    expect(matches(text)).toBe(true);
    expect(matches(`not (${text})`)).toBe(false);
  });

  it("sees the members of a group", () => {
    expect(matches(`members[value eq "${user.id}" and type eq "user"]`, group)).toBe(true);
    expect(matches("members.display pr", group)).toBe(false);
    expect(matches("members pr", { ...group, edges: [] })).toBe(false);
  });

  it("takes a resource without an id for one that is not there yet", () => {
    expect(matches("id pr", { ...user, id: "" })).toBe(false);
  });

  it("orders text by code point", () => {
    const emoji = { ...user, document: { title: "😀" } };
    expect(matches('title gt "\uffee"', emoji)).toBe(true);
  });

  it("never looks at the prototype of a document", () => {
    const bare = { ...user, document: JSON.parse('{"__proto__":{"title":"x"}}') };
    expect(matches("title pr", bare)).toBe(false);
  });
});
