import { type Call, okBody } from "./call.ts";
import { ApiError } from "./errors.ts";
import type { RawMember } from "./model.ts";
import type { Settings } from "./settings.ts";

interface Position {
  readonly seq: number;
  readonly index: number;
}

/**
 * WeCom doc path/96067: one row for each member and department, for the contacts secret only. Pages are cut after
 * `limit` rows, also between two rows of one member; between pages the corp may change under the reader.
 */
export function listIds({ corp, credential, body }: Call): string {
  if (credential !== "contacts") throw new ApiError(48002);
  const asked = parseBody(body);
  const { cursor } = asked;
  const limit = Math.min(asked.limit, corp.settings.idListRows);
  const { joined } = corp.directory;
  const rows: { userid: string; department: number }[] = [];
  let { seq, index } = cursor;
  for (; seq < joined.length && rows.length < limit; seq += 1, index = 0) {
    const raw = joined[seq]?.raw;
    if (!raw || !isNamed(raw, corp.settings)) continue;
    const page = raw.department.slice(index, index + limit - rows.length);
    for (const department of page) rows.push({ userid: raw.userid, department });
    if (index + page.length < raw.department.length) {
      return okBody({ next_cursor: writeCursor({ seq, index: index + page.length }), dept_user: rows });
    }
  }
  while (seq < joined.length && !joined[seq]) seq += 1;
  return okBody({ next_cursor: seq < joined.length ? writeCursor({ seq, index: 0 }) : "", dept_user: rows });
}

function isNamed({ status }: RawMember, { departedListed, inactiveListed }: Settings): boolean {
  return status === 1 || (inactiveListed && (status !== 5 || departedListed));
}

function parseBody(body: string): { readonly cursor: Position; readonly limit: number } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new ApiError(40058);
  }
  if (typeof parsed !== "object" || parsed === null) throw new ApiError(40058);
  const { cursor = "", limit = 10_000 } = parsed as { readonly cursor?: unknown; readonly limit?: unknown };
  if (typeof cursor !== "string" || typeof limit !== "number") throw new ApiError(40058);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new ApiError(40058);
  return { cursor: readCursor(cursor), limit };
}

function writeCursor({ seq, index }: Position): string {
  return Buffer.from(`at:${seq}:${index}`).toString("base64url");
}

function readCursor(cursor: string): Position {
  if (cursor === "") return { seq: 0, index: 0 };
  const found = /^at:([0-9]{1,9}):([0-9]{1,3})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!found) throw new ApiError(40058);
  return { seq: Number(found[1]), index: Number(found[2]) };
}
