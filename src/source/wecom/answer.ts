import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { nonsense, refusal, WecomFault } from "./fault.ts";

/** An HTTP answer as it came: the status and the whole body, not yet judged. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * Judges an answer of WeCom's API: the object that it brought, or a thrown {@link WecomFault}.
 *
 * The verdict is `errcode` and is asked for before anything else, since an error may carry an empty list beside it.
 * An answer without `errcode` is a success (some calls leave it out). WeCom doc path/97159: the HTTP status is 200 for
 * errors of its own, so any other status comes from something in between.
 */
export function judgeAnswer(answer: HttpAnswer): JsonObject {
  if (answer.status === 429) throw limitedByStatus();
  if (answer.status >= 500) throw nonsense(`HTTP status ${answer.status}`, "retry");
  if (answer.status !== 200) throw nonsense(`HTTP status ${answer.status}`);
  const value = parseBody(answer.body);
  if (!isJsonObject(value)) throw nonsense("not a JSON object", "retry");
  const errcode = toErrcode(member(value, "errcode"));
  if (errcode === 0) return value;
  const errmsg = member(value, "errmsg");
  throw refusal(errcode, typeof errmsg === "string" ? errmsg : "");
}

function parseBody(body: Buffer): Json {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The parser's message quotes the text, which is not ours to repeat.
    throw nonsense(/^\s*</.test(text) ? "HTML instead of JSON" : "broken or truncated JSON", "retry");
  }
}

function toErrcode(value: Json | undefined): number {
  if (value === undefined) return 0;
  const errcode = typeof value === "string" && /^-?\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof errcode === "number" && Number.isSafeInteger(errcode)) return errcode;
  throw nonsense("errcode is not a number");
}

function limitedByStatus(): WecomFault {
  return new WecomFault("wecom.rate-limited", "Too many calls (HTTP status 429). The bridge will try again later.", {
    reaction: "wait",
  });
}
