import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { isJsonObject } from "../../lib/json.ts";
import type { AuditSubject } from "../../store/store.ts";
import { actionOf, fieldsOf, subjectOf } from "./audit-subject.ts";
import { isReading } from "./authenticate.ts";
import { callerOf, peerOf } from "./caller.ts";
import type { AdminParts } from "./parts.ts";
import { fileName } from "./schema-file-schemas.ts";

type Store = AdminParts["store"];

/**
 * Writes down each request that is not a read: before it is answered, so that nothing is done that is not in the log, and
 * what came of it afterwards. It stands behind what reads the body.
 */
export function keepAudit({ store, log }: Pick<AdminParts, "store" | "log">): MiddlewareHandler {
  return async (c, next) => {
    if (isReading(c.req.method)) return next();
    const { name: administrator, role } = callerOf(c);
    const pattern = routeOf(c);
    const body = await bodyOf(c);
    const subject = await findSubject(store, pattern, c.req.path);
    const id = await store.beginAudit({
      ...{ administrator, role, action: actionOf(c.req.method, pattern), subject },
      ...{ status: null, fields: fieldsOf(body), address: peerOf(c) },
    });
    await next();
    const { status } = c.res;
    try {
      await store.endAudit(id, { status, subject: subject && status < 400 ? nowKnown(subject, body, c) : subject });
    } catch (error) {
      // It is done, and that it was asked for is written: what came of it is not.
      log.error({ err: error, requestId: c.get("requestId") }, "the outcome is missing in the audit log");
    }
  };
}

/** The handler's pattern: the first that is no wildcard. */
function routeOf(c: Context): string {
  return matchedRoutes(c).find(({ path }) => !path.includes("*"))?.path ?? "/api/v1/*";
}

/** A file of people is no list of fields. */
async function bodyOf(c: Context): Promise<unknown> {
  if (c.req.header("content-type")?.startsWith("text/csv")) return null;
  try {
    return JSON.parse(await c.req.text()) as unknown;
  } catch {
    return null;
  }
}

const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Things with a name that is no person's, by kind. Administrators are those who run this, and named in each record. */
const findNamed: Readonly<
  Record<string, (store: Store, named: string) => Promise<{ readonly id: string; readonly name: string } | null>>
> = {
  administrator: (store, named) => store.findAdministrator(named),
  provider: (store, named) => store.findProvider(named),
  "scim-client": (store, named) => store.findClient(named),
  source: (store, named) => store.findSource(named),
  target: (store, named) => store.findTarget(named),
  webhook: (store, named) => store.findWebhook(named),
};

/** Files are known by their names. */
const files: ReadonlySet<string> = new Set(["mapping", "extension"]);

async function findSubject(store: Store, pattern: string, path: string): Promise<AuditSubject | null> {
  const told = subjectOf(pattern, path);
  if (told === null) return null;
  const { kind, named } = told;
  const nobody = { kind, id: null, name: null };
  if (named === null) return nobody;
  if (files.has(kind)) return fileName.pattern.test(named) ? { kind, id: named, name: named } : nobody;
  const find = findNamed[kind];
  const found = find === undefined ? null : await find(store, named);
  if (found !== null) return { kind, id: found.id, name: found.name };
  if (isId.test(named)) return { kind, id: named, name: null };
  // Somebody may be called by his userName, which does not belong here: his id does.
  const [id, ...others] = kind === "resource" ? await store.findPeople(named) : [];
  return { kind, id: id !== undefined && others.length === 0 ? id : null, name: null };
}

/** What was made has its id in the answer, and its name in the body. */
function nowKnown(subject: AuditSubject, body: unknown, c: Context): AuditSubject {
  if (subject.id !== null) return subject;
  const id = c.res.headers.get("location")?.split("/").at(-1) ?? null;
  if (id === null || !isId.test(id)) return subject;
  const name = isJsonObject(body) && Object.hasOwn(findNamed, subject.kind) ? body["name"] : null;
  return { kind: subject.kind, id, name: typeof name === "string" ? name : null };
}
