import { type ClientResponse, hc } from "hono/client";
import type { makeAdministrators } from "../../http/admin/administrators.ts";
import type { makeAudit } from "../../http/admin/audit.ts";
import type { makeAuthorizations } from "../../http/admin/authorizations.ts";
import type { makeConsents } from "../../http/admin/consents.ts";
import type { makeEndings } from "../../http/admin/endings.ts";
import type { makeHistory } from "../../http/admin/history.ts";
import type { makeIdentityCases } from "../../http/admin/identity-cases.ts";
import type { makeMappings } from "../../http/admin/mappings.ts";
import type { makeOrganisation } from "../../http/admin/organisation.ts";
import type { makePeople } from "../../http/admin/people.ts";
import type { makePeopleList } from "../../http/admin/people-list.ts";
import type { makePlans } from "../../http/admin/plans.ts";
import type { makeProviders } from "../../http/admin/providers.ts";
import type { makeRecords } from "../../http/admin/records.ts";
import type { makeScimClients } from "../../http/admin/scim-clients.ts";
import type { makeSession, makeSignIn } from "../../http/admin/session.ts";
import type { makeSettings } from "../../http/admin/settings.ts";
import type { makeSourceActions } from "../../http/admin/source-actions.ts";
import type { makeSourceEnd } from "../../http/admin/source-end.ts";
import type { makeSources } from "../../http/admin/sources.ts";
import type { makeTargetActions } from "../../http/admin/target-actions.ts";
import type { makeTargetChecks } from "../../http/admin/target-checks.ts";
import type { makeTargetPause } from "../../http/admin/target-pause.ts";
import type { makeTargets } from "../../http/admin/targets.ts";
import type { makeTasks } from "../../http/admin/tasks.ts";
import type { makeUndo } from "../../http/admin/undo.ts";
import type { makeUserGroups } from "../../http/admin/user-groups.ts";
import type { makeWebhooks } from "../../http/admin/webhooks.ts";
import { ApiProblem, Unreachable } from "./problem.ts";

// The management API with the types of its own routes, one client for each of its parts.

/** What a request that changes something has to carry: from the session, kept in memory alone. */
let csrfToken: string | null = null;

export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

const options = {
  headers: (): Record<string, string> => (csrfToken === null ? {} : { "X-CSRF-Token": csrfToken }),
  init: { credentials: "same-origin" as const },
};
const base = "/api/v1";

export const api = {
  signIn: hc<ReturnType<typeof makeSignIn>>(base, options),
  session: hc<ReturnType<typeof makeSession>>(base, options),
  sources: hc<ReturnType<typeof makeSources>>(base, options),
  sourceActions: hc<ReturnType<typeof makeSourceActions>>(base, options),
  sourceEnd: hc<ReturnType<typeof makeSourceEnd>>(base, options),
  consents: hc<ReturnType<typeof makeConsents>>(base, options),
  people: hc<ReturnType<typeof makePeopleList>>(base, options),
  onePerson: hc<ReturnType<typeof makePeople>>(base, options),
  organisation: hc<ReturnType<typeof makeOrganisation>>(base, options),
  providers: hc<ReturnType<typeof makeProviders>>(base, options),
  authorizations: hc<ReturnType<typeof makeAuthorizations>>(base, options),
  endings: hc<ReturnType<typeof makeEndings>>(base, options),
  identityCases: hc<ReturnType<typeof makeIdentityCases>>(base, options),
  mappings: hc<ReturnType<typeof makeMappings>>(base, options),
  targets: hc<ReturnType<typeof makeTargets>>(base, options),
  targetChecks: hc<ReturnType<typeof makeTargetChecks>>(base, options),
  targetPause: hc<ReturnType<typeof makeTargetPause>>(base, options),
  plans: hc<ReturnType<typeof makePlans>>(base, options),
  targetActions: hc<ReturnType<typeof makeTargetActions>>(base, options),
  tasks: hc<ReturnType<typeof makeTasks>>(base, options),
  groups: hc<ReturnType<typeof makeUserGroups>>(base, options),
  undo: hc<ReturnType<typeof makeUndo>>(base, options),
  history: hc<ReturnType<typeof makeHistory>>(base, options),
  records: hc<ReturnType<typeof makeRecords>>(base, options),
  clients: hc<ReturnType<typeof makeScimClients>>(base, options),
  settings: hc<ReturnType<typeof makeSettings>>(base, options),
  administrators: hc<ReturnType<typeof makeAdministrators>>(base, options),
  audit: hc<ReturnType<typeof makeAudit>>(base, options),
  webhooks: hc<ReturnType<typeof makeWebhooks>>(base, options),
};

/**
 * Asks where the paths of routes are made at run time, and have no types: what is answered is said by who asks.
 *
 * @param path below the base of the API, with its query
 * @throws as {@link read}
 */
export function ask<T>(path: string, { method = "GET", body }: { method?: string; body?: unknown } = {}): Promise<T> {
  const headers: Record<string, string> = { ...options.headers() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init = { ...options.init, method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  return read(fetch(base + path, init) as Promise<ClientResponse<T, number, string>>);
}

/**
 * Sends a file as it is.
 *
 * @param path below the base of the API, with its query
 * @throws as {@link read}
 */
export function upload<T>(path: string, file: Blob, type: string, method: "POST" | "PUT" = "POST"): Promise<T> {
  const headers = { ...options.headers(), "Content-Type": type };
  const init = { ...options.init, method, headers, body: file };
  return read(fetch(base + path, init) as Promise<ClientResponse<T, number, string>>);
}

/**
 * The body of an answer.
 *
 * @throws ApiProblem when the bridge refuses; Unreachable when it does not answer
 */
export async function read<T>(asked: Promise<ClientResponse<T, number, string>>): Promise<T> {
  const answer = await asked.catch((cause: unknown) => {
    throw new Unreachable(cause);
  });
  if (!answer.ok) throw new ApiProblem(answer.status, await problemOf(answer));
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

/**
 * The same where an answer holds JSON of any kind: the client's own type of that and ours are equally wide, and TypeScript
 * takes neither for the other.
 */
export function readAs<T>(asked: Promise<ClientResponse<unknown, number, string>>): Promise<T> {
  return read(asked) as Promise<T>;
}

/** Something that stands between may answer with a page instead. */
async function problemOf(answer: { readonly json: () => Promise<unknown> }): Promise<Record<string, unknown>> {
  const body = await answer.json().catch(() => null);
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}
