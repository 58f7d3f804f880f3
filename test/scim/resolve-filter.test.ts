import { describe, expect, it } from "vitest";
import { makeSchemaCatalog } from "../../src/scim/catalog.ts";
import { parseFilter } from "../../src/scim/parse-filter.ts";
import { resolveFilter, resolveFilterAmong } from "../../src/scim/resolve-filter.ts";
import { ScimError } from "../../src/scim/scim-error.ts";

const catalog = makeSchemaCatalog([]);
const resolve = (text: string, type: "User" | "Group" = "User") => resolveFilter(parseFilter(text), type, catalog);

function expectRefused(text: string): void {
  try {
    resolve(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ScimError);
    expect(error).toMatchObject({ status: 400, scimType: "invalidFilter" });
    return;
  }
  throw new Error(`accepted: ${text}`);
}

describe("resolving a filter", () => {
  it("R-090 refuses attributes that no schema has", () => {
    const texts = [
      "nope pr",
      "name.nope pr",
      "emails[nope pr]",
      "urn:x:y:z pr",
      "constructor pr",
      "department pr",
      "members pr",
    ];
    for (const text of [
      ...texts,
      "userName.value pr",
      "emails.value[type pr]",
      "title[value pr]",
      "emails[name.value pr]",
    ]) {
      expectRefused(text);
    }
  });

  it("R-091 refuses to search for passwords in any form", () => {
    for (const text of ['password eq "x"', "password pr", 'not (password sw "a")', 'PASSWORD co "a" or title pr'])
      expectRefused(text);
  });

  it("R-083 refuses an order of booleans and binaries, and parts of what is no text", () => {
    for (const text of [
      "active gt false",
      'x509Certificates.value lt "a"',
      'meta.created co "2026"',
      "active co true",
    ]) {
      expectRefused(text);
    }
  });

  it("refuses a value of another type than the attribute's", () => {
    for (const text of [
      "title eq 5",
      "title eq true",
      "active eq 1",
      'active eq "yes"',
      'meta.created gt "2026-01-31"',
      "title gt null",
    ]) {
      expectRefused(text);
    }
  });

  it("refuses what is not stored: locations and versions", () => {
    for (const text of ["meta.location pr", 'meta.version eq "x"', "groups.$ref pr", 'groups[$ref eq "x"]'])
      expectRefused(text);
  });

  it("takes a boolean as text, as Entra ID sends it", () => {
    expect(resolve('active eq "True"')).toMatchObject({ value: true });
    expect(resolve('emails[primary eq "FALSE"]')).toMatchObject({ filter: { value: false } });
  });

  it("R-083 reads a date in any zone, and one without a zone as UTC", () => {
    const instant = Date.UTC(2026, 0, 31, 8, 0, 0, 250);
    for (const text of ["2026-01-31T08:00:00.250Z", "2026-01-31T16:00:00.25+08:00", "2026-01-31T08:00:00.250"]) {
      expect(resolve(`meta.lastModified ge "${text}"`)).toMatchObject({ value: instant });
    }
  });

  it("R-085 means `value` where a complex attribute is compared, and refuses those without one", () => {
    expect(resolve('emails co "x"')).toMatchObject({ at: { attribute: { name: "emails" }, sub: { name: "value" } } });
    expectRefused('name eq "x"');
    expectRefused('addresses co "x"');
  });

  it("R-090 treats an attribute that only another type of the search has as one without a value", () => {
    const among = (text: string) => resolveFilterAmong(parseFilter(text), "Group", ["User", "Group"], catalog);
    expect(among('userName eq "x"')).toEqual({ kind: "constant", value: false });
    expect(among('userName ne "x"')).toEqual({ kind: "constant", value: true });
    expect(among("userName eq null")).toEqual({ kind: "constant", value: true });
    expect(among('emails[type eq "work"]')).toEqual({ kind: "constant", value: false });
    expect(() => among("nope pr")).toThrow(ScimError);
    expect(() => among("password pr")).toThrow(ScimError);
  });
});
