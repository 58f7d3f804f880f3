import { randomBytes } from "node:crypto";
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { isJsonObject } from "../../lib/json.ts";
import { hashPassword } from "../../lib/password.ts";
import type { AdministratorRow } from "../../store/store.ts";
import { invalid, nameTaken, notFound, ProblemError } from "../problem.ts";
import {
  administratorForm,
  administratorPatch,
  administratorView,
  newAdministratorView,
} from "./administrator-schemas.ts";
import { accountTokenHash, makeAccountToken } from "./authenticate.ts";
import { type AdminCaller, callerOf, firstAdministrator } from "./caller.ts";
import {
  body,
  cutPage,
  idParams,
  isoTime,
  isoTimeOrNull,
  json,
  mergePatchForm,
  page,
  pageOf,
  pageQuery,
  parseForm,
  refusals,
} from "./common.ts";
import { mergePatch } from "./merge-patch.ts";
import type { AdminParts } from "./parts.ts";
import { enabledAdministrators } from "./separate-approver.ts";
import { makeSerially } from "./serially.ts";

/** Who may use this API. A token is shown once, when it is made; only its SHA-256 is kept. */
export function makeAdministrators({ store, publicUrl }: AdminParts) {
  const serially = makeSerially();

  return new OpenAPIHono()
    .openapi(createAdministrator, async (c) => {
      const { name, role, password } = c.req.valid("json");
      const kept = password == null ? null : await hashPassword(password);
      const token = newToken();
      if ((await store.findAdministrator(name)) !== null) throw nameTaken("administrator", name);
      const made = { name, role, tokenHash: accountTokenHash(token), password: kept };
      const row = await store.createAdministrator(made);
      c.header("Location", `${publicUrl}/api/v1/administrators/${row.id}`);
      return c.json({ ...toView(row), token }, 201);
    })
    .openapi(listAdministrators, async (c) => {
      const all = [firstView, ...(await store.listAdministrators()).map(toView)];
      return c.json(cutPage(all, pageOf(c.req.valid("query"))), 200);
    })
    .openapi(readAdministrator, async (c) => {
      const { id } = c.req.valid("param");
      return c.json(isFirst(id) ? firstView : toView(await find(id)), 200);
    })
    .openapi(patchAdministrator, async (c) => {
      const { id } = c.req.valid("param");
      const patch = c.req.valid("json");
      const row = await serially(async () => {
        const before = await findAccount(id);
        const { name, role } = before;
        const status = before.disabled ? "disabled" : "enabled";
        const form = parseForm(administratorPatch, mergePatch({ name, role, status }, patch));
        if (form.name !== name) throw invalid([{ pointer: "/name", detail: nameStays }]);
        const disabled = form.status === "disabled";
        if (disabled || form.role !== "administrator") await checkLetsGo(before, callerOf(c), "disables or demotes");
        const takesPassword = isJsonObject(patch) && patch["password"] === null;
        const password = form.password === undefined ? undefined : await hashPassword(form.password);
        return store.updateAdministrator(before.id, {
          ...(form.role !== role && { role: form.role }),
          ...(disabled !== before.disabled && { disabled }),
          ...(password !== undefined && { password }),
          ...(takesPassword && { password: null }),
        });
      });
      if (row === null) throw notFound("administrator", id);
      return c.json(toView(row), 200);
    })
    .openapi(deleteAdministrator, async (c) => {
      const { id } = c.req.valid("param");
      const isDeleted = await serially(async () => {
        const row = await findAccount(id);
        await checkLetsGo(row, callerOf(c), "deletes");
        return store.deleteAdministrator(row.id);
      });
      if (!isDeleted) throw notFound("administrator", id);
      return c.body(null, 204);
    })
    .openapi(renewToken, async (c) => {
      const before = await findAccount(c.req.valid("param").id);
      const token = newToken();
      const row = await store.updateAdministrator(before.id, { tokenHash: accountTokenHash(token) });
      if (row === null) throw notFound("administrator", before.name);
      return c.json({ ...toView(row), token }, 200);
    });

  async function find(idOrName: string): Promise<AdministratorRow> {
    const row = await store.findAdministrator(idOrName);
    if (row === null) throw notFound("administrator", idOrName);
    return row;
  }

  /** @throws ProblemError 404; 409 for the one whose token the environment has */
  async function findAccount(idOrName: string): Promise<AdministratorRow> {
    if (!isFirst(idOrName)) return find(idOrName);
    const detail = `"${firstAdministrator}" is whoever has the server's own token (BRIDGE_ADMIN_TOKEN, or admin.token): it is changed there.`;
    throw new ProblemError(409, "conflict", detail);
  }

  /** @throws ProblemError 409: somebody has to be left */
  async function checkLetsGo(row: AdministratorRow, caller: AdminCaller, what: string): Promise<void> {
    if (row.id === caller.id) {
      throw new ProblemError(409, "conflict", `Nobody ${what} himself: another administrator has to do this.`);
    }
    if (row.disabled || row.role !== "administrator" || !(await store.readSettings()).separateApprover) return;
    if ((await enabledAdministrators(store)).length > 2) return;
    const detail = "separateApprover needs two administrators, and one would be left: make another one first.";
    throw new ProblemError(409, "conflict", detail);
  }
}

const nameStays = "can't be changed, because records name people by it: make another account";

function newToken(): string {
  return makeAccountToken(randomBytes(32).toString("base64url"));
}

function isFirst(idOrName: string): boolean {
  return idOrName.toLowerCase() === firstAdministrator;
}

type View = z.output<typeof administratorView>;

function toView({ disabled, createdAt, lastSeenAt, ...row }: AdministratorRow): View {
  const { id, name, role, hasPassword } = row;
  const status = disabled ? "disabled" : "enabled";
  const times = { createdAt: isoTime(createdAt), lastSeenAt: isoTimeOrNull(lastSeenAt) };
  return { id, name, role, status, hasPassword, builtIn: false, ...times };
}

const firstView: View = {
  ...{ id: firstAdministrator, name: firstAdministrator, role: "administrator", status: "enabled" },
  ...{ hasPassword: false, builtIn: true, createdAt: null, lastSeenAt: null },
};

const tags = ["Administrators"];

const createAdministrator = createRoute({
  method: "post",
  path: "/administrators",
  operationId: "createAdministrator",
  summary: "Makes an account and its token.",
  tags,
  request: { body: body(administratorForm) },
  responses: { 201: json("The account, with its token", newAdministratorView), ...refusals(400, 409) },
});

const listAdministrators = createRoute({
  method: "get",
  path: "/administrators",
  operationId: "listAdministrators",
  summary: "Lists the administrators and auditors.",
  tags,
  request: { query: z.object(pageQuery) },
  responses: { 200: json("A page of accounts", page(administratorView)), ...refusals(400) },
});

const readAdministrator = createRoute({
  method: "get",
  path: "/administrators/{id}",
  operationId: "readAdministrator",
  summary: "Reads an account.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The account", administratorView), ...refusals(404) },
});

const patchAdministrator = createRoute({
  method: "patch",
  path: "/administrators/{id}",
  operationId: "patchAdministrator",
  summary: "Changes an account: its role, whether it is enabled, its password. A new password ends its sessions.",
  tags,
  request: {
    params: idParams,
    body: body(mergePatchForm("AdministratorPatch", "Members as in AdministratorForm, and `status`.")),
  },
  responses: { 200: json("The account", administratorView), ...refusals(400, 404, 409) },
});

const deleteAdministrator = createRoute({
  method: "delete",
  path: "/administrators/{id}",
  operationId: "deleteAdministrator",
  summary: "Deletes an account: its token and its sessions are good for nothing from then on.",
  tags,
  request: { params: idParams },
  responses: { 204: { description: "Deleted" }, ...refusals(404, 409) },
});

const renewToken = createRoute({
  method: "post",
  path: "/administrators/{id}/token",
  operationId: "renewAdministratorToken",
  summary: "Makes another token: the old one, and all sessions of the account, end.",
  tags,
  request: { params: idParams },
  responses: { 200: json("The account, with its token", newAdministratorView), ...refusals(404, 409) },
});
