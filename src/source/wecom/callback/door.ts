import { createHash } from "node:crypto";
import type { EventDoor, EventQuery, Opened } from "../../source.ts";
import { decrypt } from "./decrypt.ts";
import { readEvent } from "./event.ts";
import { isSignedWith } from "./signature.ts";
import { mostElements, readXml } from "./xml.ts";

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
  const open = (query: EventQuery, ciphertext: string): Opened<string> => {
    const { msg_signature, timestamp, nonce } = query;
    if (!msg_signature || !timestamp || !nonce) return malformed("msg_signature, timestamp or nonce is missing");
    if (!isSignedWith(keys.token, { msg_signature, timestamp, nonce }, ciphertext)) {
      return unverifiable("the signature does not fit: another token is entered in WeCom, or this is not from WeCom");
    }
    const decrypted = decrypt(keys.encodingAesKey, ciphertext);
    if (decrypted === null) {
      return unverifiable("it is not encrypted with this source's key: another EncodingAESKey is entered in WeCom");
    }
    if (decrypted.receiveId !== keys.corpId) return unverifiable("it is for another corp than this source's");
    return { value: decrypted.message };
  };

  return {
    verify(query) {
      // What was not encoded on its way comes with spaces for its plus signs; Base64 has none.
      const ciphertext = query.echostr?.replaceAll(" ", "+");
      return ciphertext ? open(query, ciphertext) : malformed("echostr is missing");
    },
    receive(query, body) {
      const ciphertext = readXml(body, mostElements)?.get("Encrypt");
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

function malformed(why: string): Opened<never> {
  return { refused: "malformed", why };
}

function unverifiable(why: string): Opened<never> {
  return { refused: "unverifiable", why };
}
