import { foldCase } from "../../lib/fold.ts";
import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { type RemoteResource, TargetError } from "../target.ts";
import type { Connection } from "./connection.ts";
import { readPages } from "./pages.ts";

export interface Lookup {
  readonly collection: string;
  /** `userName`, `externalId`, `emails.value`, … */
  readonly attribute: string;
  readonly value: string;
  readonly count: number;
  readonly query?: Readonly<Record<string, string>>;
}

// A filter that names one person has a page of hits at most. More pages mean that it was ignored.
const mostPages = 10;

/**
 * The resources whose attribute has a value, by filter (RFC 7644 §3.4.2.2). Each hit is compared again here, because
 * servers ignore filters, or match more loosely than they should.
 *
 * @throws TargetError also if the server plainly ignores the filter, and there is too much to go through
 */
export async function findByFilter(
  connection: Connection,
  { collection, attribute, value, count, query }: Lookup,
  signal: AbortSignal,
): Promise<readonly RemoteResource[]> {
  // A string in a filter is a JSON string.
  const filter = `${checkedName(attribute)} eq ${JSON.stringify(value)}`;
  const paged = { collection, count, query: { ...query, filter }, lookedFor: value };
  const found = new Map<string, RemoteResource>();
  let pages = 0;
  let strangers = 0;
  for await (const page of readPages(connection, paged, signal)) {
    for (const resource of page.resources) {
      if (hasValue(resource.document, attribute, value)) found.set(resource.id, resource);
      else strangers += 1;
    }
    pages += 1;
    // The total is believed where all results were ones that were asked for. This spares the request for an empty page.
    if (strangers === 0 && page.total !== null && page.received >= page.total) break;
    if (pages === mostPages && found.size === 0) {
      const advice = "set filterTrust to false in the target's profile, then its whole list is read";
      throw new TargetError("nonsense", `GET /${collection}: the server ignores the filter on ${attribute}; ${advice}`);
    }
    if (pages === mostPages) break;
  }
  return [...found.values()];
}

/** The same for servers whose filters can't be trusted: reads the whole list. */
export async function findInList(
  connection: Connection,
  { collection, attribute, value, count, query }: Lookup,
  signal: AbortSignal,
): Promise<readonly RemoteResource[]> {
  checkedName(attribute);
  const found = new Map<string, RemoteResource>();
  for await (const { resources } of readPages(connection, { collection, count, ...(query && { query }) }, signal)) {
    for (const resource of resources) {
      if (hasValue(resource.document, attribute, value)) found.set(resource.id, resource);
    }
  }
  return [...found.values()];
}

/** Whether a resource has the value. `id` and `externalId` are caseExact (RFC 7643 §3.1), what people type is not. */
export function hasValue(document: JsonObject, attribute: string, value: string): boolean {
  const exact = ["id", "externalid"].includes(attribute.toLowerCase());
  const same = (held: Json): boolean =>
    typeof held === "string" && (exact ? held === value : foldCase(held) === foldCase(value));
  const [name = "", sub = "value"] = attribute.split(".");
  const held = attributeOf(document, name);
  if (Array.isArray(held)) {
    return held.some((item) => same(isJsonObject(item) ? attributeOf(item, sub) : item));
  }
  return same(isJsonObject(held) ? attributeOf(held, sub) : held);
}

// RFC 7643 §2.1: names are not case-sensitive.
function attributeOf(object: JsonObject, name: string): Json {
  const exact = member(object, name);
  if (exact !== undefined) return exact;
  const spelled = Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase());
  return spelled === undefined ? null : (member(object, spelled) ?? null);
}

function checkedName(attribute: string): string {
  if (/^[A-Za-z][\w$-]*(?:\.[A-Za-z][\w$-]*)?$/.test(attribute)) return attribute;
  throw new TargetError("refused", `${JSON.stringify(attribute)} is not an attribute that can be looked up`);
}
