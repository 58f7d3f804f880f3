import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { missingNames, refuseDynamicNames } from "../../directory/named-groups.ts";
import { compileRules, parseRule } from "../../directory/rules.ts";
import type { Writer } from "../../directory/writing.ts";
import type { JsonObject } from "../../lib/json.ts";
import { textOf } from "../../scim/document.ts";
import { patchOpSchema } from "../../scim/messages.ts";
import { parseFilter } from "../../scim/parse-filter.ts";
import { resolveFilter } from "../../scim/resolve-filter.ts";
import { userGroupSchemaUrn } from "../../scim/schemas/user-group.ts";
import { type ResourceRow, type SomeUsers, userGroups, type VisibleSources } from "../../store/store.ts";
import { invalid, notFound, ProblemError } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { body, isoTime, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import { textField } from "./fields.ts";
import { makeGoneWarning, toSourceIds } from "./named-sources.ts";
import type { AdminParts } from "./parts.ts";
import { asProblems } from "./scim-refusal.ts";

/** User groups: across departments and sources, their members listed or found by a filter. */
export function makeUserGroups(parts: AdminParts) {
  const { store, writing, publicUrl } = parts;

  const toViews = async (rows: readonly ResourceRow[]): Promise<readonly View[]> => {
    const ids = rows.map(({ id }) => id);
    const counts = await store.countMembers(ids);
    const rules = await store.rulesOf(ids);
    return rows.map((row): View => {
      const document = JSON.parse(row.document) as JsonObject;
      const rule = rules.get(row.id);
      return {
        id: row.id,
        displayName: textOf(document, "displayName") ?? "",
        externalId: textOf(document, "externalId"),
        memberFilter: rule?.filter ?? null,
        sources: rule === undefined ? null : peopled(rule.sources),
        members: counts.get(row.id) ?? 0,
        createdAt: isoTime(row.createdAt),
        lastModifiedAt: isoTime(row.lastModifiedAt),
      };
    });
  };
  const viewOf = async (row: ResourceRow): Promise<OneView> => {
    const [view] = await toViews([row]);
    if (view === undefined) throw notFound("user group", row.id);
    return { ...view, warning: await warningAbout(view) };
  };
  /** A filter may have been fine once, and not be understood any more. */
  const warningAbout = async ({ memberFilter, sources }: View): Promise<string | null> => {
    if (memberFilter === null) return null;
    const gone = (await makeGoneWarning(store))(sources ?? "all");
    if (gone !== null) return gone;
    const [rule] = compileRules([{ groupId: "", rule: { filter: memberFilter, sources: "all" } }], parts.catalog());
    return rule === undefined
      ? "the filter cannot be understood any more: the group stays as it is"
      : missingNames(store, rule.filter);
  };
  const find = async (id: string): Promise<ResourceRow> => {
    const row = await store.readResource("Group", id, [userGroups]);
    if (row === null) throw notFound("user group", id);
    return row;
  };
  const toRuleSources = async (sources: VisibleSources): Promise<VisibleSources> =>
    sources === "all" ? sources : toSourceIds(store, sources);
  const writerFor = async (name: string, sources: VisibleSources | undefined): Promise<Writer> => ({
    ...writerNamed(name),
    ...(sources !== undefined && { ruleSources: await toRuleSources(sources) }),
  });

  const refuseListed = async (id: string, memberFilter: string | null | undefined): Promise<void> => {
    const isDynamic = memberFilter === undefined ? (await store.rulesOf([id])).has(id) : memberFilter !== null;
    if (!isDynamic) throw invalid([{ pointer: "/sources", detail: onlyDynamic }]);
  };

  return new OpenAPIHono()
    .openapi(createGroup, async (c) => {
      const { displayName, externalId, memberFilter, sources, members = [] } = c.req.valid("json");
      const document = {
        displayName,
        ...(externalId == null ? {} : { externalId }),
        ...(memberFilter == null ? {} : { [userGroupSchemaUrn]: { memberFilter } }),
        members: members.map((value) => ({ value })),
      };
      const writer = await writerFor(callerOf(c).name, sources);
      const { row } = await atFields(() => writing.create("Group", document, writer));
      c.header("Location", `${publicUrl}/api/v1/user-groups/${row.id}`);
      return c.json(await viewOf(row), 201);
    })
    .openapi(listGroups, async (c) => {
      const { q } = c.req.valid("query");
      const { limit, cursor } = pageOf(c.req.valid("query"));
      const filter = q === undefined ? null : parseFilter(`displayName co ${JSON.stringify(q)}`);
      const { rows, next } = await store.listResources({
        sources: [userGroups],
        parts: [{ type: "Group", filter: filter && resolveFilter(filter, "Group", parts.catalog()), sortBy: null }],
        sort: null,
        count: limit,
        from: { after: cursor === undefined ? null : { run: 0, key: null, id: cursor } },
      });
      return c.json({ items: await toViews(rows), nextCursor: next?.id ?? null }, 200);
    })
    .openapi(previewGroup, async (c) => {
      const { memberFilter, sources } = c.req.valid("json");
      const filter = await atFields(async () => {
        const parsed = parseRule(memberFilter, parts.catalog());
        await refuseDynamicNames(store, parsed, null);
        return parsed;
      });
      const among = await toRuleSources(sources ?? "all");
      const { total, rows } = await store.findByRule({ filter, sources: among }, 20);
      return c.json({ total, items: rows, warning: await missingNames(store, filter) }, 200);
    })
    .openapi(readGroup, async (c) => c.json(await viewOf(await find(c.req.valid("param").id)), 200))
    .openapi(changeGroup, async (c) => {
      const { id } = c.req.valid("param");
      await find(id);
      const { displayName, externalId, memberFilter, sources } = c.req.valid("json");
      if (sources !== undefined) await refuseListed(id, memberFilter);
      const operations = [
        ...(displayName === undefined ? [] : [{ op: "replace", path: "displayName", value: displayName }]),
        ...operationOn("externalId", externalId),
        ...operationOn(`${userGroupSchemaUrn}:memberFilter`, memberFilter),
        // What the filter looks at is in no document: a PATCH of nothing, by a writer who says it.
        ...(sources === undefined ? [] : [{ op: "add", value: {} }]),
      ];
      if (operations.length > 0) {
        const writer = await writerFor(callerOf(c).name, sources);
        const patch = { schemas: [patchOpSchema], Operations: operations };
        await atFields(() => writing.modify("Group", id, patch, writer));
      }
      return c.json(await viewOf(await find(id)), 200);
    })
    .openapi(deleteGroup, async (c) => {
      const { id } = c.req.valid("param");
      await find(id);
      await asProblems(() => writing.remove("Group", id, writerNamed(callerOf(c).name)));
      return c.body(null, 204);
    })
    .openapi(listMembers, async (c) => {
      const { id } = await find(c.req.valid("param").id);
      const { limit, cursor } = pageOf(c.req.valid("query"));
      const found = await store.listMembers(id, { after: cursor ?? "", limit: limit + 1 });
      const items = found.slice(0, limit);
      return c.json({ items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }, 200);
    })
    .openapi(changeMembers, async (c) => {
      const { id } = await find(c.req.valid("param").id);
      const { add = [], remove = [] } = c.req.valid("json");
      const operations = [
        ...(remove.length === 0 ? [] : [{ op: "remove", path: "members", value: remove.map((value) => ({ value })) }]),
        ...(add.length === 0 ? [] : [{ op: "add", path: "members", value: add.map((value) => ({ value })) }]),
      ];
      if (operations.length > 0) {
        const patch = { schemas: [patchOpSchema], Operations: operations };
        await atFields(() => writing.modify("Group", id, patch, writerNamed(callerOf(c).name)));
      }
      return c.json(await viewOf(await find(id)), 200);
    })
    .openapi(evaluateGroup, async (c) => {
      const { id } = await find(c.req.valid("param").id);
      const { apply } = c.req.valid("json");
      const { join, leave } = await atFields(() => writing.evaluate(id, writerNamed(callerOf(c).name), { apply }));
      const shown = ({ total, first }: SomeUsers) => ({ total, items: first });
      return c.json({ applied: apply, join: shown(join), leave: shown(leave) }, 200);
    });
}

const onlyDynamic = "is for a group with a memberFilter: one with a list of members has no sources";

/** Fields that a refusal begins with. */
const fieldAtStart = /^(displayName|externalId|memberFilter|members): /;

/** Does something that speaks SCIM; a refusal that begins with the name of a field is about that one. */
export async function atFields<T>(work: () => Promise<T>): Promise<T> {
  return asProblems(work).catch((error: unknown) => {
    const [item] = error instanceof ProblemError && error.status === 400 ? error.errors : [];
    const [start, field] = (item && fieldAtStart.exec(item.detail)) ?? [];
    if (item === undefined || start === undefined) throw error;
    throw invalid([{ pointer: `/${field}`, detail: item.detail.slice(start.length) }]);
  });
}

/** User groups have no people of their own, though whoever made a filter may see them. */
export function peopled(sources: VisibleSources): VisibleSources {
  return sources === "all" ? sources : sources.filter((id) => id !== userGroups);
}

const writerNamed = (name: string): Writer => ({ access: "write", sources: "all", name });

function operationOn(path: string, value: string | null | undefined): readonly object[] {
  if (value === undefined) return [];
  return [value === null ? { op: "remove", path } : { op: "replace", path, value }];
}

/** The filter that says who is in a dynamic group. */
export const filterField = z.string().min(1).max(8192).openapi({
  description: "A SCIM filter over users. With it the group is dynamic: its members are the users whom it finds.",
  example: 'active eq true and title co "经理"',
});
/** The sources that such a filter looks at. */
export const sourcesField = z
  .union([z.literal("all"), z.array(z.string().min(1).max(100)).min(1).max(1000).readonly()])
  .openapi({
    description:
      "The sources that the filter looks at (ids or names). Not said, all; in a change, those that it looked at before.",
  });
const idsField = z.array(z.string().min(1).max(64)).max(100_000).readonly();

const groupForm = z
  .strictObject({
    displayName: textField(400),
    externalId: textField(400).nullish(),
    memberFilter: filterField.nullish(),
    sources: sourcesField.optional(),
    members: idsField.optional().openapi({ description: "Ids of users and groups; not with `memberFilter`." }),
  })
  .refine(({ memberFilter, members }) => memberFilter == null || members === undefined, {
    path: ["members"],
    message: "cannot be listed where memberFilter says who is in the group",
  })
  .refine(({ memberFilter, sources }) => memberFilter != null || sources === undefined, {
    path: ["sources"],
    message: onlyDynamic,
  })
  .openapi("UserGroupForm");

const groupChange = z
  .strictObject({
    displayName: textField(400).optional(),
    externalId: textField(400).nullish(),
    memberFilter: filterField.nullish().openapi({ description: "null makes it a group with a list of members." }),
    sources: sourcesField.optional(),
  })
  .openapi("UserGroupChange");

/** A user group, as the management API says it. */
export const groupView = z
  .object({
    id: z.string(),
    displayName: z.string(),
    externalId: z.string().nullable(),
    memberFilter: z.string().nullable(),
    sources: z.union([z.literal("all"), z.array(z.string()).readonly()]).nullable(),
    members: z.int(),
    createdAt: z.string().openapi({ format: "date-time" }),
    lastModifiedAt: z.string().openapi({ format: "date-time" }),
  })
  .openapi("UserGroup");
type View = z.output<typeof groupView>;

const warningField = z
  .string()
  .nullable()
  .openapi({ description: "What is odd about the filter: it names a group that is not there, say." });
const oneView = groupView.extend({ warning: warningField }).openapi("OneUserGroup");
type OneView = z.output<typeof oneView>;

/** A member of a user group. */
export const memberView = z
  .object({
    id: z.string(),
    type: z.enum(["User", "Group"]),
    displayName: z.string().nullable(),
    userName: z.string().nullable(),
    sourceId: z.string(),
  })
  .openapi("UserGroupMember");

const tags = ["User groups"];
const params = z.object({ id: z.string().min(1).max(64) });

const createGroup = createRoute({
  method: "post",
  path: "/user-groups",
  operationId: "createUserGroup",
  summary: "Makes a user group, listed or dynamic.",
  tags,
  request: { body: body(groupForm) },
  responses: { 201: json("The group", oneView), ...refusals(400, 409) },
});

const listGroups = createRoute({
  method: "get",
  path: "/user-groups",
  operationId: "listUserGroups",
  summary: "Lists the user groups.",
  tags,
  request: { query: z.object({ ...pageQuery, q: z.string().min(1).max(200).optional() }) },
  responses: { 200: json("A page of groups", page(groupView)), ...refusals(400) },
});

const previewGroup = createRoute({
  method: "post",
  path: "/user-groups/preview",
  operationId: "previewUserGroup",
  summary: "Shows whom a filter finds now, without making a group.",
  tags,
  request: { body: body(z.strictObject({ memberFilter: filterField, sources: sourcesField.optional() })) },
  responses: {
    200: json(
      "How many, and the first twenty",
      z.object({ total: z.int(), items: z.array(memberView).readonly(), warning: warningField }),
    ),
    ...refusals(400),
  },
});

const readGroup = createRoute({
  method: "get",
  path: "/user-groups/{id}",
  operationId: "readUserGroup",
  summary: "Reads a user group.",
  tags,
  request: { params },
  responses: { 200: json("The group", oneView), ...refusals(404) },
});

const changeGroup = createRoute({
  method: "patch",
  path: "/user-groups/{id}",
  operationId: "changeUserGroup",
  summary: "Changes a user group: JSON Merge Patch (RFC 7396).",
  tags,
  request: { params, body: body(groupChange) },
  responses: { 200: json("The group", oneView), ...refusals(400, 404, 409) },
});

const deleteGroup = createRoute({
  method: "delete",
  path: "/user-groups/{id}",
  operationId: "deleteUserGroup",
  summary: "Deletes a user group; its members stay.",
  tags,
  request: { params },
  responses: { 204: { description: "Deleted" }, ...refusals(404) },
});

const listMembers = createRoute({
  method: "get",
  path: "/user-groups/{id}/members",
  operationId: "listUserGroupMembers",
  summary: "Lists the members of a user group.",
  tags,
  request: { params, query: z.object(pageQuery) },
  responses: { 200: json("A page of members", page(memberView)), ...refusals(400, 404) },
});

const changeMembers = createRoute({
  method: "post",
  path: "/user-groups/{id}/members",
  operationId: "changeUserGroupMembers",
  summary: "Adds members to a listed user group and takes others out, in one step.",
  tags,
  request: { params, body: body(z.strictObject({ add: idsField.optional(), remove: idsField.optional() })) },
  responses: { 200: json("The group", oneView), ...refusals(400, 404, 409) },
});

const someUsers = z.object({
  total: z.int(),
  items: z
    .array(memberView.pick({ id: true, userName: true, displayName: true }))
    .readonly()
    .openapi({ description: "The first hundred." }),
});

const evaluateGroup = createRoute({
  method: "post",
  path: "/user-groups/{id}/evaluate",
  operationId: "evaluateUserGroup",
  summary: "Shows who would come to a dynamic group and leave it, were everybody looked at now, or has it so.",
  description:
    "A dynamic group keeps members whom its filter no longer finds where more would leave than the safeguards let go: because of a sync, until that is approved; because another group was changed, until the next sync. `apply` takes them out.",
  tags,
  request: { params, body: body(z.strictObject({ apply: z.boolean().default(false) })) },
  responses: {
    200: json("Who comes and who goes", z.object({ applied: z.boolean(), join: someUsers, leave: someUsers })),
    ...refusals(400, 404, 409),
  },
});
