import type { Check } from "../../lib/check.ts";
import type { SourceDoor, SourceRow } from "../../store/store.ts";

const pages: Readonly<Record<SourceDoor, string>> = {
  contacts: "管理工具 → 通讯录同步 → 设置接收事件服务器 (contacts synchronisation: server for events)",
  app: "应用管理 → the app → 接收消息 → 设置API接收 (receive messages by API)",
};

const settings: Readonly<Record<SourceDoor, string>> = { contacts: "wecom.callback", app: "wecom.appCallback" };

/** Where WeCom is to send the events of a source to. */
export function callbackUrl(publicUrl: string, sourceId: string, door: SourceDoor): string {
  return `${publicUrl}/wecom/callback/${sourceId}${door === "app" ? "/app" : ""}`;
}

/**
 * Of a connection test: whether events come, and what is to be entered in WeCom's admin console so that they do. Nothing is
 * wrong where they do not: changes arrive with the next sync then.
 *
 * @param id null for a source that is not stored yet
 * @param heard when the last event came by which address
 */
export function callbackCheck(
  {
    id,
    secrets,
    sync,
    wecom,
  }: Pick<SourceRow, "secrets"> & Pick<SourceRow["settings"], "sync" | "wecom"> & { readonly id: string | null },
  publicUrl: string,
  heard: Readonly<Record<SourceDoor, number | null>>,
): Check {
  const doors = (["contacts", "app"] as const).filter((door) => isSet(secrets, door));
  const passed = (detail: string): Check => ({ name: "callback", ok: true, detail });
  if (doors.length === 0 && wecom?.authorization !== undefined) {
    const last = heard.contacts === null ? "None has come yet." : `The last came at ${timeOf(heard.contacts)}.`;
    return passed(`Events come by the address of the service provider (its callbackUrl). ${last}`);
  }
  if (doors.length === 0) {
    return passed(
      `Changes arrive with the next sync: the source has no wecom.callback. With the Token and the EncodingAESKey of ${pages.contacts} they arrive within a second or so.`,
    );
  }
  if (id === null) return passed("Its address for events is known once the source is stored: test it again then.");
  const sentences = doors.map((door) => {
    const at = heard[door];
    if (at !== null) return `The last event for ${settings[door]} came at ${timeOf(at)}.`;
    return `No event has come yet for ${settings[door]}: enter ${callbackUrl(publicUrl, id, door)} with the same Token and EncodingAESKey under ${pages[door]}; WeCom has to reach that address from the internet.`;
  });
  if (!sync.automatic)
    sentences.push("They lead to nothing, for this source syncs only when somebody says so (sync.automatic).");
  return passed(sentences.join(" "));
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}

function isSet(secrets: SourceRow["secrets"], door: SourceDoor): boolean {
  const at = `/${settings[door].replace(".", "/")}`;
  return secrets[`${at}/token`] !== undefined && secrets[`${at}/encodingAesKey`] !== undefined;
}
