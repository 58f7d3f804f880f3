import { type Call, okBody, text } from "./call.ts";
import type { Corp } from "./corp.ts";
import { ApiError } from "./errors.ts";
import { ticketSeconds } from "./oauth.ts";
import type { SensitiveField } from "./settings.ts";
import { seesMember } from "./sight.ts";

/** A call with a good code counts for no limit (WeCom doc path/90454). */
export function holdsCode(corp: Corp, query: Call["query"]): boolean {
  return corp.oauth.isGood(query("code") ?? "", corp.now());
}

/** WeCom doc path/96442: who came back with the code. The ticket is for members in sight who were asked for their fields. */
export function getUserInfo(call: Call): string {
  const { corp, credential } = call;
  // WeCom doc path/90313, 50001: codes are not for the contacts secret.
  if (credential === "contacts") throw new ApiError(50001);
  const now = corp.now();
  const code = corp.oauth.takeCode(text(call, "code") ?? "", now);
  if (code === "unknown") throw new ApiError(40029);
  if (code === "used") throw new ApiError(corp.settings.usedCode);
  const { person, isPrivate, agreed } = code;
  if (person.kind === "outsider") return okBody({ openid: person.openid });
  if (person.kind === "linked") return okBody({ userid: person.userid });
  const { entry } = person;
  const { userid } = entry.raw;
  if (!isPrivate || !seesMember(corp.view("app").sight, entry)) return okBody({ userid });
  return okBody({ userid, user_ticket: corp.oauth.issueTicket({ entry, agreed }, now), expires_in: ticketSeconds });
}

/** What stands for somebody's picture where he has not agreed. */
const defaultAvatar = "http://wework.qpic.cn/bizmail/default/0";

/** WeCom doc path/96443: gender and avatar are always there; the others where the member agreed. The name is not among it. */
export function getUserDetail({ corp, credential, body }: Call): string {
  if (credential === "contacts") throw new ApiError(48002);
  const ticket = corp.oauth.findTicket(ticketIn(body), corp.now());
  if (ticket === "unknown") throw new ApiError(84015);
  if (ticket === "expired") throw new ApiError(84014);
  const { entry, agreed } = ticket;
  if (!corp.directory.members.has(entry.raw.userid.toLowerCase())) throw new ApiError(60111);
  if (!seesMember(corp.view("app").sight, entry)) throw new ApiError(60011);
  const chosen = new Set<SensitiveField>(agreed ? corp.settings.consentFields : []);
  const given = (["qr_code", "mobile", "email", "biz_mail", "address"] as const).filter((field) => chosen.has(field));
  return okBody({
    userid: entry.raw.userid,
    gender: chosen.has("gender") ? (entry.raw.gender ?? "0") : "0",
    avatar: chosen.has("avatar") ? (entry.raw.avatar ?? defaultAvatar) : defaultAvatar,
    ...Object.fromEntries(given.map((field) => [field, entry.raw[field] ?? ""])),
  });
}

function ticketIn(body: string): string {
  try {
    const { user_ticket: ticket } = JSON.parse(body) as { readonly user_ticket?: unknown };
    if (typeof ticket === "string") return ticket;
  } catch {
    // Said below.
  }
  throw new ApiError(40063);
}
