import { SourceError } from "../source.ts";
import { meaningOf } from "./errcodes.ts";
import { toSourceError, type WecomFault } from "./fault.ts";

// What a refusal means where it is the contacts secret that was refused: another page of the admin console.

/** Where the contacts secret and its own list of trusted addresses are, in WeCom's admin console. */
export const contactsPage = "管理工具 → 通讯录同步 (contacts synchronisation) in the admin console";

const copySecret = `Copy the Secret again from ${contactsPage}: it is not the Secret of an app`;
const notThisKind = `Only the contacts secret may do this, so the Secret of an app stands in its place. Copy the Secret from ${contactsPage}`;
const trustIp = `Add that address to 企业可信IP (trusted IP) under ${contactsPage}: the contacts secret has a list of its own there, apart from the app's. It takes about a minute to apply`;

const advice: ReadonlyMap<number, string> = new Map([
  [40001, copySecret],
  [40014, copySecret],
  [40091, copySecret],
  [42001, copySecret],
  [48001, notThisKind],
  [48002, notThisKind],
  [48009, `This address may not do this with the contacts secret. See what is allowed under ${contactsPage}`],
  [48006, `Open ${contactsPage} and switch its API on again`],
  [50003, `Switch the API on under ${contactsPage}`],
  [60020, trustIp],
  [60031, `Switch the API on under ${contactsPage}`],
  [301042, trustIp],
]);

/** What happened to a call with the contacts secret, and what to do. */
export function saidOfContacts(fault: WecomFault): string {
  const own = fault.errcode === null ? undefined : advice.get(fault.errcode);
  if (own === undefined || fault.errcode === null) return fault.message;
  const facts = `errcode ${fault.errcode}`;
  const address = fault.code === "wecom.ip-untrusted" && fault.callerIp !== null ? `${fault.callerIp}, ` : "";
  return `${meaningOf(fault.errcode).says} (${address}${facts}). ${own}.`;
}

/** A fault of the contacts secret as the reason why its list cannot be used. */
export function toIdListError(fault: WecomFault): SourceError {
  return new SourceError(
    "wecom.id-list-unreadable",
    `The list of all userids and departments could not be read with the contacts secret: ${saidOfContacts(fault)}`,
    { errcode: fault.errcode, retryable: toSourceError(fault).retryable },
  );
}
