import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

// Which requirement is tested where: their numbers stand in the names of tests. are those of RFC 7643,
// RFC 7644, RFC 9865 and their errata, one by one.

/** What no test of this server can show, and why. */
const notApplicable: Readonly<Record<string, string>> = {
  "R-020": "names are compared after NFKC in lower case, which is less than PRECIS; passwords are not kept at all",
  "R-075": "tooMany is never answered: whatever is found is given out page by page",
  "R-077": "a rule for clients: that .search keeps filters out of addresses; that there is one is R-076",
  "R-154": "a rule for clients; that of the bridge is tested in test/target/scim/failures.test.ts",
  "R-159":
    "a rule for clients; this server has versions and says so (R-046), and the bridge's own client sends no If-Match",
  "R-169": "a rule for clients: no page of this server that names a next one is empty",
  "R-171": "errata 6893, 7898 and 7916 of RFC 7644 have not been looked at one by one",
  "R-172": "a rule for whoever writes schemas: that the corrected ones are served is R-170",
  "R-173": "RFC 9967 is not done: no asynchronous requests, no security event tokens",
};

/** The numbers of the requests of other suites that are sent here. C1 asks Okta itself, W14 is about /Me. */
const suites: Readonly<Record<string, readonly [first: number, last: number]>> = {
  S: [1, 12],
  C: [2, 6],
  V: [1, 24],
  VP: [1, 7],
  M: [1, 26],
  W: [1, 13],
  U: [1, 12],
};

const testFolder = fileURLToPath(new URL("../../../", import.meta.url));
const names = readdirSync(testFolder, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .flatMap((path) => namesIn(readFileSync(join(testFolder, path), "utf8")));
const named = new Set(names.flatMap((name) => name.match(/\b(?:R-\d{3}|[A-Z]{1,2}\d{1,2})\b/g) ?? []));

const requirements = Array.from({ length: 173 }, (_, index) => `R-${String(index + 1).padStart(3, "0")}`);

describe("the requirements of SCIM", () => {
  it("are each in the name of a test or on the list of what does not apply, and not in both", () => {
    expect(requirements.filter((number) => !named.has(number) && !Object.hasOwn(notApplicable, number))).toEqual([]);
    expect(Object.keys(notApplicable).filter((number) => named.has(number))).toEqual([]);
  });

  it("have numbers that there are, and reasons that say something", () => {
    const known = new Set(requirements);
    const numbers = [...named].filter((number) => number.startsWith("R-"));
    expect([...numbers, ...Object.keys(notApplicable)].filter((number) => !known.has(number))).toEqual([]);
    for (const reason of Object.values(notApplicable)) expect(reason.length).toBeGreaterThan(20);
  });

  it("are asked for in the words of other suites too", () => {
    const wanted = Object.entries(suites).flatMap(([letter, [first, last]]) =>
      Array.from({ length: last - first + 1 }, (_, index) => `${letter}${first + index}`),
    );
    expect(wanted.filter((number) => !named.has(number))).toEqual([]);
  });
});

/** The names of the tests in a file: the first text in the brackets of `it`, `test`, and what `each` makes of them. */
function namesIn(text: string): readonly string[] {
  const calls = text.matchAll(/(?:\b(?:it|test)|\))\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g);
  return [...calls].map(([, , name = ""]) => name);
}
