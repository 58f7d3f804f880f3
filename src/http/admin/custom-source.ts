import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { readDepartments } from "../../directory/departments.ts";
import type { Writer } from "../../directory/writing.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { parseFilter } from "../../scim/parse-filter.ts";
import { resolveFilter } from "../../scim/resolve-filter.ts";
import type { ResourceRow, SourceRow } from "../../store/store.ts";
import { invalid, notFound, ProblemError, type ProblemItem } from "../problem.ts";
import { callerOf } from "./caller.ts";
import { body, isoTime, json, page, pageOf, pageQuery, parseForm, refusals } from "./common.ts";
import { textField } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { asProblems } from "./scim-refusal.ts";
import { findSource } from "./sources.ts";

/** The people and departments of a custom source. People are SCIM resources here too. */
export function makeCustomSource(parts: AdminParts) {
  const { store, writing, custom, publicUrl } = parts;

  const viewsOf = async (source: SourceRow, rows: readonly ResourceRow[]): Promise<readonly UserView[]> => {
    const departments = await store.departmentsOf(
      source.id,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => toView(row, departments.get(row.id) ?? []));
  };
  const viewOf = async (source: SourceRow, row: ResourceRow): Promise<UserView> =>
    toView(row, (await store.departmentsOf(source.id, [row.id])).get(row.id) ?? []);
  const findUser = async (source: SourceRow, id: string): Promise<ResourceRow> => {
    const row = await store.readResource("User", id, [source.id]);
    if (row === null) throw notFound("person of this source", id);
    return row;
  };
  /** What somebody is in, apart from the rest of a body. Looked at before anything is written. */
  const takeDepartments = async (source: SourceRow, form: JsonObject) => {
    const { departments: given, ...rest } = form;
    if (given === undefined) return { departments: null, rest };
    const { departments } = parseForm(z.object({ departments: departmentIds }), { departments: given });
    const { all: known } = await readDepartments(store, source.id);
    const errors = departments.flatMap((id, index): ProblemItem[] =>
      known.has(id) ? [] : [{ pointer: `/departments/${index}`, detail: "is no department of this source" }],
    );
    if (errors.length > 0) throw invalid(errors);
    return { departments, rest };
  };

  return new OpenAPIHono()
    .openapi(listUsers, async (c) => {
      const source = await findCustom(store, c.req.valid("param").id);
      const { limit, cursor } = pageOf(c.req.valid("query"));
      const { q, filter: text } = c.req.valid("query");
      const filter = await asProblems(async () => {
        const written = text ?? (q === undefined ? null : searchFor(q));
        return written === null ? null : resolveFilter(parseFilter(written), "User", parts.catalog());
      });
      const { total, rows, next } = await store.listResources({
        sources: [source.id],
        parts: [{ type: "User", filter, sortBy: null }],
        sort: null,
        count: limit,
        from: { after: cursor === undefined ? null : { run: 0, key: null, id: cursor } },
      });
      return c.json({ items: await viewsOf(source, rows), nextCursor: next?.id ?? null, total }, 200);
    })
    .openapi(createUser, async (c) => {
      const source = await findCustom(store, c.req.valid("param").id);
      const { departments, rest } = await takeDepartments(source, c.req.valid("json"));
      const { row } = await asProblems(() => writing.create("User", rest, writerOf(source, callerOf(c).name)));
      if (departments !== null)
        await asProblems(() => custom.by(callerOf(c).name).setDepartments(source.id, row.id, departments));
      c.header("Location", `${publicUrl}/api/v1/sources/${source.id}/users/${row.id}`);
      return c.json(await viewOf(source, row), 201);
    })
    .openapi(readUser, async (c) => {
      const { id, user } = c.req.valid("param");
      const source = await findCustom(store, id);
      return c.json(await viewOf(source, await findUser(source, user)), 200);
    })
    .openapi(replaceUser, async (c) => {
      const { id, user } = c.req.valid("param");
      const source = await findCustom(store, id);
      await findUser(source, user);
      const { departments, rest } = await takeDepartments(source, c.req.valid("json"));
      await asProblems(() => writing.replace("User", user, rest, writerOf(source, callerOf(c).name)));
      if (departments !== null)
        await asProblems(() => custom.by(callerOf(c).name).setDepartments(source.id, user, departments));
      return c.json(await viewOf(source, await findUser(source, user)), 200);
    })
    .openapi(deleteUser, async (c) => {
      const { id, user } = c.req.valid("param");
      const source = await findCustom(store, id);
      await findUser(source, user);
      await asProblems(() => writing.remove("User", user, writerOf(source, callerOf(c).name)));
      return c.body(null, 204);
    })
    .openapi(listDepartments, async (c) => {
      const source = await findCustom(store, c.req.valid("param").id);
      const { all } = await readDepartments(store, source.id);
      return c.json({ items: [...all.values()], nextCursor: null }, 200);
    })
    .openapi(createDepartment, async (c) => {
      const source = await findCustom(store, c.req.valid("param").id);
      const { name, parent } = c.req.valid("json");
      return c.json(
        await asProblems(() => custom.by(callerOf(c).name).createDepartment(source.id, { name, parent })),
        201,
      );
    })
    .openapi(changeDepartment, async (c) => {
      const { id, group } = c.req.valid("param");
      const source = await findCustom(store, id);
      const { name, parent } = c.req.valid("json");
      const change = { ...(name === undefined ? {} : { name }), ...(parent === undefined ? {} : { parent }) };
      return c.json(
        await asProblems(() => custom.by(callerOf(c).name).changeDepartment(source.id, group, change)),
        200,
      );
    })
    .openapi(deleteDepartment, async (c) => {
      const { id, group } = c.req.valid("param");
      const source = await findCustom(store, id);
      await asProblems(() => custom.by(callerOf(c).name).removeDepartment(source.id, group));
      return c.body(null, 204);
    });
}

/** @throws ProblemError 404; 409 for a source whose people come from elsewhere, and for one that is disabled */
export async function findCustom(store: AdminParts["store"], idOrName: string): Promise<SourceRow> {
  const source = await findSource(store, idOrName);
  if (source.type !== "custom") {
    const detail = `"${source.name}" is no custom source: its people and departments come from WeCom and are changed there.`;
    throw new ProblemError(409, "conflict", detail);
  }
  return source;
}

function toView(row: ResourceRow, departments: readonly string[]): UserView {
  return {
    ...(JSON.parse(row.document) as JsonObject),
    id: row.id,
    meta: {
      resourceType: "User",
      created: isoTime(row.createdAt),
      lastModified: isoTime(row.lastModifiedAt),
      version: String(row.version),
    },
    departments: [...departments],
  };
}

function writerOf({ id }: SourceRow, name: string): Writer {
  return { access: "write", sources: [id], name };
}

function searchFor(text: string): string {
  const quoted = JSON.stringify(text);
  return `displayName co ${quoted} or userName co ${quoted}`;
}

const departmentIds = z.array(z.string().min(1).max(64)).max(1000).readonly();

const userForm = z.custom<JsonObject>(isJsonObject, "has to be a JSON object").openapi("CustomUserForm", {
  type: "object",
  description:
    "A SCIM User (RFC 7643 section 4.1) with its extensions, as POST and PUT of the SCIM endpoint take it. Besides, " +
    "`departments`: ids of departments of this source; left out they stay as they are.",
});
const userView = z.custom<JsonObject>(isJsonObject).openapi("CustomUser", {
  type: "object",
  description: "The SCIM User with `id`, `meta` and `departments`.",
});
type UserView = z.output<typeof userView>;

const departmentForm = z
  .strictObject({ name: departmentName(), parent: z.string().min(1).max(64).nullable().default(null) })
  .openapi("CustomDepartmentForm");
const departmentChange = z
  .strictObject({ name: departmentName().optional(), parent: z.string().min(1).max(64).nullable().optional() })
  .openapi("CustomDepartmentChange");
/** A department of a custom source, as the management API says it. */
export const departmentView = z
  .object({
    id: z.string(),
    name: z.string(),
    displayName: z.string().openapi({ description: "The names from the top, joined by /." }),
    parent: z.string().nullable(),
  })
  .openapi("CustomDepartment");

function departmentName() {
  return textField(200).refine((name) => !name.includes("/"), "must not hold /, which stands between levels");
}

const tags = ["Custom source"];
const params = z.object({ id: z.string().min(1).max(100) });
const userParams = params.extend({ user: z.string().min(1).max(64) });
const groupParams = params.extend({ group: z.string().min(1).max(64) });

const listUsers = createRoute({
  method: "get",
  path: "/sources/{id}/users",
  operationId: "listCustomUsers",
  summary: "Lists the people of a custom source.",
  tags,
  request: {
    params,
    query: z.object({
      ...pageQuery,
      q: z.string().min(1).max(200).optional().openapi({ description: "A part of the name or userName." }),
      filter: z.string().min(1).max(8192).optional().openapi({ description: "A SCIM filter, instead of q." }),
    }),
  },
  responses: { 200: json("A page of people", page(userView).extend({ total: z.int() })), ...refusals(400, 404, 409) },
});

const createUser = createRoute({
  method: "post",
  path: "/sources/{id}/users",
  operationId: "createCustomUser",
  summary: "Adds a person to a custom source.",
  tags,
  request: { params, body: body(userForm) },
  responses: { 201: json("The person", userView), ...refusals(400, 404, 409) },
});

const readUser = createRoute({
  method: "get",
  path: "/sources/{id}/users/{user}",
  operationId: "readCustomUser",
  summary: "Reads a person of a custom source.",
  tags,
  request: { params: userParams },
  responses: { 200: json("The person", userView), ...refusals(404, 409) },
});

const replaceUser = createRoute({
  method: "put",
  path: "/sources/{id}/users/{user}",
  operationId: "replaceCustomUser",
  summary: "Replaces a person of a custom source: what is left out is cleared.",
  tags,
  request: { params: userParams, body: body(userForm) },
  responses: { 200: json("The person", userView), ...refusals(400, 404, 409) },
});

const deleteUser = createRoute({
  method: "delete",
  path: "/sources/{id}/users/{user}",
  operationId: "deleteCustomUser",
  summary: "Deletes a person of a custom source; targets deactivate or delete, as they are told.",
  tags,
  request: { params: userParams },
  responses: { 204: { description: "Deleted" }, ...refusals(404, 409) },
});

const listDepartments = createRoute({
  method: "get",
  path: "/sources/{id}/groups",
  operationId: "listCustomDepartments",
  summary: "Lists the departments of a custom source.",
  tags,
  request: { params },
  responses: { 200: json("The departments", page(departmentView)), ...refusals(404, 409) },
});

const createDepartment = createRoute({
  method: "post",
  path: "/sources/{id}/groups",
  operationId: "createCustomDepartment",
  summary: "Adds a department to a custom source.",
  tags,
  request: { params, body: body(departmentForm) },
  responses: { 201: json("The department", departmentView), ...refusals(400, 404, 409) },
});

const changeDepartment = createRoute({
  method: "patch",
  path: "/sources/{id}/groups/{group}",
  operationId: "changeCustomDepartment",
  summary: "Renames a department of a custom source, or puts it elsewhere.",
  tags,
  request: { params: groupParams, body: body(departmentChange) },
  responses: { 200: json("The department", departmentView), ...refusals(400, 404, 409) },
});

const deleteDepartment = createRoute({
  method: "delete",
  path: "/sources/{id}/groups/{group}",
  operationId: "deleteCustomDepartment",
  summary: "Deletes a department of a custom source; its people stay, what lies below it comes to the top.",
  tags,
  request: { params: groupParams },
  responses: { 204: { description: "Deleted" }, ...refusals(404, 409) },
});
