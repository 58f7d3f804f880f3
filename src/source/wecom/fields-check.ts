import type { Check } from "../../lib/check.ts";
import type { SourceUser, TestNotes } from "../source.ts";
import { FieldSight, sensitiveFields } from "./unseen-fields.ts";

/** Where the app's page and what belongs to consent are, in WeCom's admin console. */
const appPage = "应用管理 (app management) → the app";

/**
 * Which sensitive fields arrive, and what brings those that do not.
 *
 * @param members those who were looked at; nobody: nothing is known
 * @param agentId null where it is not given
 */
export async function checkFields(
  members: readonly SourceUser[],
  agentId: number | null,
  { consentUrl, consentedAmong }: TestNotes,
): Promise<Check> {
  if (members.length === 0) return passed("Not known yet: no member was read.");
  const sight = new FieldSight();
  sight.note(members, await consentedAmong?.(sight.tellingAmong(members)));
  const unseen = sensitiveFields.filter((field) => sight.unseen.includes(field));
  const seen = sensitiveFields.filter((field) => !unseen.includes(field));
  if (unseen.length === 0) return passed(`All sensitive fields arrive: ${seen.join(", ")}.`);
  const found = `Sensitive fields that arrive: ${seen.join(", ") || "none"}. Without a value for anybody looked at: ${unseen.join(", ")}.`;
  const old =
    "Apps made after 20 June 2022 do not get them; they then stay as they are in the targets. An app made earlier does: use its secret if there is one.";
  return passed(`${found} ${old} ${byConsent(agentId, consentUrl ?? null)}`);
}

/** What an administrator does so that employees can give them (WeCom doc path/96441, path/96443). */
function byConsent(agentId: number | null, url: string | null): string {
  const can = "Employees can give them by agreeing on a page of this bridge inside WeCom";
  if (agentId === null) return `${can}: enter the AgentId for that, which stands on ${appPage}.`;
  if (url === null) return `${can}: its address is known once the source is stored. Test it again then.`;
  const { host, protocol } = new URL(url);
  const reach =
    protocol === "https:"
      ? ""
      : " Employees' phones have to reach that address: BRIDGE_PUBLIC_URL has to be one that they can open, with https.";
  return `${can}, ${url}. In the admin console, on ${appPage}: 1. enter ${host} as trusted domain (可信域名) under 网页授权及JS-SDK; it has to be the same, port included. 2. Choose the sensitive fields that the app may ask for. 3. See that 可见范围 (visible scope) has everybody who is to be asked. Then send people that link; GET /api/v1/sources/{id}/consent has a text for it.${reach}`;
}

function passed(detail: string): Check {
  return { name: "fields", ok: true, detail };
}
