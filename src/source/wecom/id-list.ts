import { member } from "../../lib/json.ts";
import { type IdEvent, type IdList, type ReadOptions, SourceError } from "../source.ts";
import type { UserIdPage, WecomApi } from "./api.ts";
import { contactsPage, toIdListError } from "./contacts-secret.ts";
import { nonsense, WecomFault } from "./fault.ts";
import { subtree } from "./tree.ts";

/** Rows of a page: the most that WeCom gives (doc path/96067). */
const pageRows = 10_000;
/** So many pages in a row with nothing on them: a cursor that leads nowhere. */
const mostEmptyPages = 10;

/** The lists of all ids, which the contacts secret may read from any address: who exists, whatever the app sees. */
export function makeIdList(contacts: WecomApi): IdList {
  return {
    name: "the id list of the contacts secret",
    read: (options) => readIdList(contacts, options),
    // WeCom does not say whether disabled, not activated and departed members are listed.
    mayOmit: ({ raw }) => member(raw, "status") !== 1,
  };
}

async function* readIdList(api: WecomApi, { scope, users, signal }: ReadOptions): AsyncGenerator<IdEvent> {
  try {
    const departments = await api.departmentIds(signal);
    if (departments.length === 0) throw empty("departments");
    const chosen = scope.mode === "all" ? null : subtree(departments, scope.departments.map(String));
    const inScope = (department: string): boolean => chosen === null || chosen.has(department);
    yield { type: "departments", entries: departments.map(({ key }) => ({ key, inScope: inScope(key) })) };
    if (!users) return;
    let rows = 0;
    for await (const page of readUserIds(api, signal)) {
      rows += page.length;
      yield { type: "users", entries: page.map((row) => ({ ...row, inScope: inScope(row.department) })) };
    }
    if (rows === 0) throw empty("userids");
  } catch (error) {
    throw error instanceof WecomFault ? toIdListError(error) : error;
  }
}

/** The pages of the list of userids to its end. Throws a {@link WecomFault} for one that does not come to an end. */
export async function* readUserIds(api: WecomApi, signal: AbortSignal): AsyncGenerator<UserIdPage["rows"]> {
  const used = new Set<string>();
  let emptyPages = 0;
  for (let cursor: string | null = null; ; ) {
    const { rows, next }: UserIdPage = await api.userIds(cursor, pageRows, signal);
    if (rows.length > 0) yield rows;
    if (next === null) return;
    emptyPages = rows.length === 0 ? emptyPages + 1 : 0;
    if (used.has(next) || emptyPages >= mostEmptyPages) throw nonsense("the list of userids does not come to an end");
    used.add(next);
    cursor = next;
  }
}

/** No corp is without anybody: its creator cannot be deleted. */
function empty(what: string): SourceError {
  return new SourceError(
    "wecom.id-list-empty",
    `The list of all ${what} that the contacts secret may read is empty, which no corp's is. See under ${contactsPage} that the secret is this corp's and that its API is switched on.`,
  );
}
