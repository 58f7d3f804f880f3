import { createHash } from "node:crypto";
import type { EventDoor, EventQuery } from "../../source.ts";
import { readEvent } from "./event.ts";
import { ciphertextIn, echoedIn, malformed, openMessage } from "./open-message.ts";
import { readXml } from "./xml.ts";

export interface DoorKeys {
  /** As they were entered in WeCom's admin console too. */
  readonly token: string;
  readonly encodingAesKey: string;
  /** For whom its messages are. */
  readonly corpId: string;
}

/**
 * Opens what WeCom sends to one address of a source: first its form, then its signature, then what is in it. Whoever does
 * not know the token learns nothing by trying, and has nothing decrypted.
 */
export function makeEventDoor(keys: DoorKeys): EventDoor {
  const { token, encodingAesKey, corpId } = keys;
  const open = (query: EventQuery, ciphertext: string) =>
    openMessage({ token, encodingAesKey, receiveIds: [corpId] }, query, ciphertext);

  return {
    verify(query) {
      const ciphertext = echoedIn(query);
      return ciphertext ? open(query, ciphertext) : malformed("echostr is missing");
    },
    receive(query, body) {
      const ciphertext = ciphertextIn(body);
      if (!ciphertext) return malformed("the body is not XML with an element Encrypt");
      const opened = open(query, ciphertext);
      if (!("value" in opened)) return opened;
      const fields = readXml(opened.value);
      const told = fields === null ? null : readEvent(fields);
      if (told === null) return malformed("the message in it is no event that can be understood");
      return { value: { ...told, digest: createHash("sha256").update(opened.value).digest("base64url") } };
    },
  };
}
