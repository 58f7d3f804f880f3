import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { foldCase } from "../../lib/fold.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { SchemaCatalog } from "../../scim/catalog.ts";
import { textOf } from "../../scim/document.ts";
import { parseFilter } from "../../scim/parse-filter.ts";
import { type ResolvedFilter, resolveFilter } from "../../scim/resolve-filter.ts";
import { resolveSort } from "../../scim/resolve-sort.ts";
import { type ListPlace, type ResourceRow, userGroups } from "../../store/store.ts";
import { notFound } from "../problem.ts";
import { invalidParameter, isoTime, json, page, pageOf, pageQuery, refusals, resourceParams } from "./common.ts";
import { findOne } from "./history.ts";
import type { AdminParts } from "./parts.ts";
import { pauseView, toPauseView } from "./people.ts";
import { toLinkView } from "./target-actions.ts";
import { linkView } from "./target-schemas.ts";
import { anyJson } from "./task-schemas.ts";

/** The people of all sources, or of one, and everything that is known of one of them. */
export function makePeopleList({ store, catalog }: AdminParts) {
  /** A page ends at somebody: where he stands now is where the next one begins. No name stands in an address. */
  const placeOf = async (cursor: string): Promise<ListPlace> => {
    const row = await store.readResource("User", cursor, "all");
    if (row === null) {
      throw invalidParameter("cursor", "does not lead anywhere (any more): start again without it");
    }
    const name = textOf(JSON.parse(row.document) as JsonObject, "displayName");
    // Those without a name come last.
    return { run: name === null ? 1 : 0, key: name === null ? null : foldCase(name), id: row.id };
  };

  return new OpenAPIHono()
    .openapi(listPeople, async (c) => {
      const { source: named, group, q, active, ...rest } = c.req.valid("query");
      const { limit, cursor } = pageOf(rest);
      const source = named === undefined ? null : await store.findSource(named);
      if (named !== undefined && source === null) throw invalidParameter("source", "there is no such source");
      if (group !== undefined && (await store.readResource("Group", group, "all")) === null) {
        throw invalidParameter("group", "there is no such group");
      }
      const sources = source === null ? ("all" as const) : [source.id];
      const after = cursor === undefined ? null : cursor;
      const find = async (condition: string | null) => {
        const filter = resolve([condition, active === undefined ? null : `active eq ${active}`], catalog());
        // What is searched for is found in a narrow index, in the order of ids, and not sorted: that would take a look at everybody.
        const isSearch = condition !== null;
        const sortBy = resolveSort("displayName", ["User"], catalog()).get("User") ?? null;
        return store.listResources({
          ...{ sources, parts: [{ type: "User", filter, sortBy }], sort: isSearch ? null : "ascending", count: limit },
          ...(group !== undefined && { within: group }),
          from: { after: after === null ? null : isSearch ? { run: 0, key: null, id: after } : await placeOf(after) },
        });
      };
      const [first = null, ...others] = searchesFor(q ?? "");
      let found = await find(first);
      for (const other of others) if (found.total === 0) found = await find(other);
      const { total, rows, next } = found;
      return c.json({ items: rows.map(toBrief), nextCursor: next?.id ?? null, total }, 200);
    })
    .openapi(readPerson, async (c) => {
      const id = await findOne(store, c.req.valid("param").id);
      const row = await store.readResource("User", id, "all");
      if (row === null) throw notFound("person", id);
      const [groups, links, pauses, targets] = await Promise.all([
        store.groupsOf([id], "all"),
        store.linksOf(id),
        store.listPauses(id),
        store.listTargets(),
      ]);
      const names = new Map(targets.map((target) => [target.id, target.name]));
      const inGroups = await Promise.all(
        groups.map(async ({ groupId, display }) => {
          const group = await store.readResource("Group", groupId, "all");
          return { id: groupId, displayName: display, externalId: externalIdOf(group), kind: kindOf(group) };
        }),
      );
      const resource = JSON.parse(row.document) as JsonObject;
      const view: z.output<typeof personView> = {
        ...toBrief(row),
        ...{ createdAt: isoTime(row.createdAt), lastModifiedAt: isoTime(row.lastModifiedAt), resource },
        groups: inGroups,
        links: links.map(({ targetId, ...link }) => ({
          ...toLinkView(link),
          ...{ target: targetId, targetName: names.get(targetId) ?? targetId },
        })),
        pauses: pauses.map(toPauseView),
      };
      return c.json(view, 200);
    });
}

function resolve(conditions: readonly (string | null)[], catalog: SchemaCatalog): ResolvedFilter | null {
  const said = conditions.filter((condition) => condition !== null);
  return said.length === 0 ? null : resolveFilter(parseFilter(said.join(" and ")), "User", catalog);
}

/** SCIM filters (RFC 7644 §3.4.2.2) to be tried one after the other, until one finds somebody. */
function searchesFor(q: string): readonly string[] {
  const text = q.trim();
  if (text === "") return [];
  const quoted = JSON.stringify(text);
  const named = `(displayName co ${quoted} or userName co ${quoted})`;
  // Whole addresses and numbers are looked up; a part of one would take a look at everybody's document.
  if (text.includes("@")) return [`emails.value eq ${quoted}`, named];
  return /^\+?[\d -]{7,}$/.test(text) ? [`phoneNumbers.value eq ${quoted}`, named] : [named];
}

function toBrief(row: ResourceRow): z.output<typeof brief> {
  const document = JSON.parse(row.document) as JsonObject;
  return {
    ...{ id: row.id, source: row.sourceId, userName: textOf(document, "userName") ?? "" },
    ...{ displayName: textOf(document, "displayName"), externalId: textOf(document, "externalId") },
    ...{ title: textOf(document, "title"), active: document["active"] !== false },
  };
}

function externalIdOf(group: ResourceRow | null): string | null {
  return group === null ? null : textOf(JSON.parse(group.document) as JsonObject, "externalId");
}

function kindOf(group: ResourceRow | null): "user-group" | "of-source" {
  return group?.sourceId === userGroups ? "user-group" : "of-source";
}

/** A person in a list, as the management API says him. */
export const brief = z
  .object({
    id: z.string(),
    source: z.string(),
    userName: z.string(),
    displayName: z.string().nullable(),
    externalId: z.string().nullable(),
    title: z.string().nullable(),
    active: z.boolean(),
  })
  .openapi("PersonBrief");

/** Everything about one person, as the management API says it. */
export const personView = brief
  .extend({
    createdAt: z.string().openapi({ format: "date-time" }),
    lastModifiedAt: z.string().openapi({ format: "date-time" }),
    resource: anyJson.openapi({
      type: "object",
      description: "The SCIM User without `id`, `meta` and `groups`. Where each value comes from says its history.",
    }),
    groups: z.array(
      z.object({
        id: z.string(),
        displayName: z.string().nullable(),
        externalId: z.string().nullable(),
        kind: z.enum(["of-source", "user-group"]).openapi({
          description: "of-source: a department or a tag; user-group: one that is kept here.",
        }),
      }),
    ),
    links: z.array(linkView.extend({ target: z.string(), targetName: z.string() })).openapi({
      description: "What stands at each target.",
    }),
    pauses: z.array(pauseView),
  })
  .openapi("Person");

const tags = ["People"];

const listPeople = createRoute({
  method: "get",
  path: "/people",
  operationId: "listPeople",
  summary: "Lists people of all sources or of one, in order of their names; or finds some.",
  tags,
  request: {
    query: z.object({
      ...pageQuery,
      source: z.string().min(1).max(100).optional().openapi({ description: "Id or name of a source." }),
      group: z.string().min(1).max(64).optional().openapi({
        description: "Id of a department, tag or user group: only who is in it, or in a group below it.",
      }),
      q: z.string().max(200).optional().openapi({
        description:
          "A part of the name or userName; or a whole e-mail address or phone number. What is found is in the order in which it was made.",
      }),
      active: z.enum(["true", "false"]).optional(),
    }),
  },
  responses: { 200: json("A page of people", page(brief).extend({ total: z.int() })), ...refusals(400) },
});

const readPerson = createRoute({
  method: "get",
  path: "/people/{id}",
  operationId: "readPerson",
  summary: "Reads a person: attributes, groups, what stands at each target, and pauses.",
  tags,
  request: { params: resourceParams },
  responses: { 200: json("The person", personView), ...refusals(400, 404, 409) },
});
