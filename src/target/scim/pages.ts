import { isJsonObject, type JsonObject, member } from "../../lib/json.ts";
import type { Attempt, RemoteResource } from "../target.ts";
import { idOf, nonsense, processJsonAnswer, type ScimAnswer } from "./answer.ts";
import type { Connection } from "./connection.ts";

export interface Page {
  /** What the pages before did not have yet. */
  readonly resources: readonly RemoteResource[];
  /** How many resources all pages up to this one had, as the server counts. */
  readonly received: number;
  /** What the server says there is in all; null if it doesn't. Some servers count the page. */
  readonly total: number | null;
}

export interface PagedQuery {
  readonly collection: string;
  /** Asked for per page; null to leave it to the server. */
  readonly count: number | null;
  readonly query?: Readonly<Record<string, string>>;
  readonly lookedFor?: string;
  /** What each page is asked for by; asked once if absent. */
  readonly attempt?: Attempt;
}

/**
 * The pages of a list (RFC 7644 §3.4.2.4), by index, or by cursor as soon as the server gives one (RFC 9865).
 * `totalResults` is not relied on, for some servers count the page: the end is an empty page, or one that has nothing
 * new, which servers send that ignore `startIndex` or begin again past their end. Resources may come twice when the
 * list changes meanwhile.
 *
 * @throws TargetError, or the signal's reason
 */
export async function* readPages(connection: Connection, paged: PagedQuery, signal: AbortSignal): AsyncGenerator<Page> {
  // Compared with the first page and the one before, not with all: a list can have a million ids.
  let first: ReadonlySet<string> | null = null;
  let previous: ReadonlySet<string> = new Set();
  let received = 0;
  let cursor: string | null = null;
  const attempt: Attempt = paged.attempt ?? ((ask) => ask());
  for (;;) {
    const request = {
      method: "GET",
      collection: paged.collection,
      query: { ...paged.query, ...position(cursor, received, paged.count) },
      ...(paged.lookedFor === undefined ? {} : { lookedFor: paged.lookedFor }),
    } as const;
    const { answer, list } = await attempt(async () => {
      const page = await connection.send(request, signal);
      return { answer: page, list: parseList(page) };
    });
    const fresh = list.resources.filter(({ id }) => !previous.has(id) && first?.has(id) !== true);
    received += list.resources.length;
    // RFC 9865 §2: an empty page with a cursor is not the end, the missing cursor is.
    if (fresh.length > 0 || received === 0) yield { resources: fresh, received, total: list.total };
    if (list.nextCursor === null && (cursor !== null || fresh.length === 0)) return;
    if (list.nextCursor !== null && list.nextCursor === cursor) {
      throw nonsense(answer, "the server gives the same cursor again, so its list has no end");
    }
    cursor = list.nextCursor;
    previous = new Set(list.resources.map(({ id }) => id));
    first ??= previous;
  }
}

function position(cursor: string | null, received: number, count: number | null): Record<string, string> {
  const size = count === null ? {} : { count: String(count) };
  if (cursor !== null) return { cursor, ...size };
  // The first request is as plain as can be where no size is asked for: discovery may refuse parameters.
  return received === 0 && count === null ? {} : { startIndex: String(received + 1), ...size };
}

interface List {
  readonly resources: readonly RemoteResource[];
  readonly total: number | null;
  readonly nextCursor: string | null;
}

/** A ListResponse. A bare array is taken too: some servers answer /Schemas with one. */
export function parseList(answer: ScimAnswer): List {
  const json = processJsonAnswer(answer);
  if (Array.isArray(json)) return { resources: resourcesOf(answer, json), total: json.length, nextCursor: null };
  if (!isJsonObject(json)) throw nonsense(answer, "the answer is no list");
  const listed = member(json, "Resources") ?? member(json, "resources");
  const total = member(json, "totalResults");
  // RFC 7644 §3.4.2: without results there need be no Resources, but then totalResults says so.
  if (!Array.isArray(listed) && (listed != null || total === undefined)) {
    throw nonsense(answer, "the answer is no list of resources");
  }
  const nextCursor = member(json, "nextCursor");
  return {
    resources: resourcesOf(answer, Array.isArray(listed) ? listed : []),
    total: typeof total === "number" ? total : null,
    nextCursor: typeof nextCursor === "string" && nextCursor !== "" ? nextCursor : null,
  };
}

function resourcesOf(answer: ScimAnswer, items: readonly unknown[]): RemoteResource[] {
  return items.map((document) => {
    const id = isJsonObject(document) ? idOf(document) : null;
    if (id === null) throw nonsense(answer, "the list has a resource without an id");
    return { id, document: document as JsonObject };
  });
}
