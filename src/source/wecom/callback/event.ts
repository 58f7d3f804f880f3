import type { EventSubject, SourceEvent } from "../../source.ts";
import { idKey, userKey } from "../parse.ts";

type Fields = ReadonlyMap<string, string>;

/** What a message tells. */
type Told = Omit<SourceEvent, "digest">;

/**
 * What an event says is to be looked at again. Nothing else of it is believed: events are lost, come twice and in any order,
 * and since 2022 tell little more than ids (WeCom doc path/96302). What it is about is null where that is nothing to us: a
 * message to the app, say.
 *
 * | event | about |
 * |---|---|
 * | `change_contact`: `create_user`, `update_user`, `delete_user` | the member; where his userid changed, both, and that they are one |
 * | `change_contact`: `create_party`, `update_party`, `delete_party`, `update_tag` | the department, the tag |
 * | `subscribe`, `unsubscribe` | the member: he came into the app's sight, or left it, or was disabled |
 * | `batch_job_result` | everything: an import of the contacts came to its end, and tells of nobody; of an export, nothing |
 */
export function readEvent(fields: Fields): Told | null {
  if (fields.get("MsgType") !== "event") return { name: "message", subjects: [] };
  switch (fields.get("Event")) {
    case "change_contact":
      return readChange(fields);
    case "subscribe":
    case "unsubscribe":
      return eventOf(fields.get("Event"), member(fields.get("FromUserName")));
    case "batch_job_result":
      // Exports change nothing, and are ordered by reads: that one has ended must not lead to another read.
      return fields.get("BatchJob.JobType")?.startsWith("export_") === true
        ? { name: "other", subjects: [] }
        : eventOf("batch_job_result", { kind: "everything", key: "" });
    case undefined:
      return null;
    default:
      return { name: "other", subjects: [] };
  }
}

function readChange(fields: Fields): Told | null {
  const type = fields.get("ChangeType");
  switch (type) {
    case "create_user":
      return eventOf(type, member(fields.get("UserID")));
    case "update_user": {
      const renamed = fields.get("NewUserID");
      if (renamed === undefined || renamed === "") return eventOf(type, member(fields.get("UserID")));
      // Under his former userid there is nobody any more, which is what a read will show.
      const isSame = userKey(renamed) === userKey(fields.get("UserID") ?? "");
      const told = eventOf(type, member(fields.get("UserID"), !isSame), member(renamed));
      const [from, to] = told?.subjects ?? [];
      return told === null || isSame || !from || !to ? told : { ...told, renamed: { from: from.key, to: to.key } };
    }
    case "delete_user":
      return eventOf(type, member(fields.get("UserID"), true));
    case "create_party":
    case "update_party":
    case "delete_party":
      return eventOf(type, numbered("department", fields.get("Id")));
    case "update_tag":
      return eventOf(type, numbered("tag", fields.get("TagId")));
    case undefined:
      return null;
    default:
      // One that did not exist when this was written: what it is about cannot be told.
      return eventOf("change_contact", { kind: "everything", key: "" });
  }
}

/** Null where one of the subjects could not be made out: an event of this kind names it always. */
function eventOf(name: string | undefined, ...subjects: readonly (EventSubject | null)[]): Told | null {
  const found = subjects.filter((subject) => subject !== null);
  return name === undefined || found.length < subjects.length ? null : { name, subjects: found };
}

/** userids have up to 64 bytes. */
function member(userid: string | undefined, isGone = false): EventSubject | null {
  if (userid === undefined || userid === "" || userid.length > 64) return null;
  return { kind: "user", key: userKey(userid), ...(isGone && { isGone }) };
}

function numbered(kind: "department" | "tag", id: string | undefined): EventSubject | null {
  const key = idKey(id);
  return key === null ? null : { kind, key };
}
