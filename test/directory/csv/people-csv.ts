import { readFileSync } from "node:fs";
import { parsePeopleCsv } from "../../../src/directory/csv/parse-people-csv.ts";
import { makeSchemaCatalog, parseSchema } from "../../../src/scim/catalog.ts";
import { badgeSchema } from "../../support/scim-write.ts";

const wecomFile = new URL("../../../schemas/extensions/wecom.json", import.meta.url);

export const badge = badgeSchema.id;
export const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const wecom = "urn:ietf:params:scim:schemas:extension:wecom:2.0:User";
const { $schema: _, ...wecomSchema } = JSON.parse(readFileSync(wecomFile, "utf8"));
export const catalog = makeSchemaCatalog([parseSchema(wecomSchema), parseSchema(badgeSchema)]);

export const parseLines = (...lines: readonly string[]) => parsePeopleCsv(lines.join("\n"), catalog);

/** A cell as RFC 4180 §2 has it. */
export const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

/** The value that a cell becomes, or what is wrong with it. */
export function readCell(heading: string, cell: string) {
  const { people, problems } = parseLines(`userName,${quote(heading)}`, `zhangsan,${quote(cell)}`);
  return problems.length > 0 ? problems.map(({ detail }) => detail) : people[0]?.values[0]?.value;
}
