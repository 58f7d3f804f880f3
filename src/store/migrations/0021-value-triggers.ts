import type { Migration } from "./run.ts";

const attributes = ["emails", "phoneNumbers"] as const;

/** Values of a row's elements, as in 0006-reading.ts. */
const valuesOf = (attribute: string, row: "new" | "old"): string =>
  `select json_extract(e.value, '$.value') from json_each(${row}.folded, '$.${attribute}') as e
    where e.type = 'object' and json_type(e.value, '$.value') = 'text'`;

// By all columns of the key, one by one: handed over as rows of three, SQLite looked through the whole table for each
// resource that changed, which a corp of 100,000 felt with every change (SQLite 3.53).
const deleteValues = attributes
  .map(
    (attribute) =>
      `delete from resource_value where attribute = '${attribute}' and value in (${valuesOf(attribute, "old")})
        and resource_id = old.id;`,
  )
  .join(" ");

const insertValues = attributes
  .map(
    (attribute) => `insert into resource_value (attribute, value, resource_id)
      select distinct '${attribute}', v.value, new.id from (${valuesOf(attribute, "new").replace(" from ", " as value from ")}) as v;`,
  )
  .join(" ");

/** SQLite: mail addresses and phone numbers of a resource that changes are found by the table's key. */
export const valueTriggers: Migration = (dialect) =>
  dialect === "postgres"
    ? []
    : [
        "drop trigger resource_value_update",
        `create trigger resource_value_update after update of folded on resource when old.folded is not new.folded begin
          ${deleteValues} ${insertValues} end`,
        "drop trigger resource_value_delete",
        `create trigger resource_value_delete after delete on resource begin ${deleteValues} end`,
      ];
