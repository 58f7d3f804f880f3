import { hash } from "node:crypto";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { NotedRequest } from "./plan-store.ts";

// The body of a planned request, as text. What goes out whole, with values that the target returned and the bridge never
// gave, is not kept like that: only what the bridge says in it, the names of the rest, and the hash of it all, so that it
// still shows when the target would be sent another byte.

/** What is kept of a body. */
export function keptBody({ body, own }: Pick<NotedRequest, "body" | "own">): string | null {
  if (body === null || own === undefined) return body;
  return JSON.stringify({ said: own.said, kept: own.kept, sha256: hash("sha256", body, "base64url") });
}

/** What people are shown of it. */
export function shownBody(
  method: NotedRequest["method"],
  text: string | null,
): { readonly body: JsonObject | null; readonly kept: readonly string[] } {
  if (text === null) return { body: null, kept: [] };
  const stored = JSON.parse(text) as JsonObject;
  const { said, kept, sha256 } = stored as Readonly<Record<string, Json | undefined>>;
  // A PUT that was planned by an earlier version was kept whole: a SCIM body, which has no such members.
  const isPart = method === "PUT" && isJsonObject(said) && Array.isArray(kept) && sha256 !== undefined;
  return isPart ? { body: said, kept: kept.map(String) } : { body: stored, kept: [] };
}
