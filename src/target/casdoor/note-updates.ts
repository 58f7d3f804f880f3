import { canonicalJson, type JsonObject, member } from "../../lib/json.ts";
import { hasStandIn, type WriteNotes } from "../target.ts";
import { type CasdoorApi, updateQuery } from "./casdoor-api.ts";

/**
 * The API for a plan: what reads is asked, updates are noted and count as done. Noted are the fields that would change and
 * whose they are: the whole user, which goes out, holds more of a person than the bridge should keep.
 *
 * @param owner the organization
 */
export function noteUpdates(api: CasdoorApi, owner: string, notes: WriteNotes): CasdoorApi {
  const asRead = new Map<string, JsonObject>();
  return {
    ...api,

    async user(id, signal) {
      // Who would be made by this plan is known to nobody yet.
      const user = hasStandIn(id) ? { owner, name: id, id } : await api.user(id, signal);
      if (user !== null) asRead.set(id, user);
      return user;
    },

    async update(user, columns, signal) {
      signal.throwIfAborted();
      const id = String(member(user, "id"));
      const before = asRead.get(id) ?? {};
      asRead.delete(id);
      const body = Object.fromEntries(
        Object.entries(user).filter(
          ([field, value]) => identifying.has(field) || canonicalJson(value) !== canonicalJson(before[field] ?? null),
        ),
      );
      const path = `/update-user?${new URLSearchParams(updateQuery(user, columns))}`;
      const request = { method: "POST", path, body: JSON.stringify(body), isPartial: true } as const;
      await notes.note(request, { type: "User", resourceId: null, remoteId: id });
      return true;
    },
  };
}

const identifying: ReadonlySet<string> = new Set(["owner", "name", "id"]);
