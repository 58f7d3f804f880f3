import type { EventQuery, Opened } from "../../source.ts";
import { decrypt } from "./decrypt.ts";
import { isSignedWith } from "./signature.ts";
import { mostElements, readXml } from "./xml.ts";

export interface MessageKeys {
  /** As they were entered at WeCom too. */
  readonly token: string;
  readonly encodingAesKey: string;
  /** For whom its messages may be. */
  readonly receiveIds: readonly string[];
}

/** Opens a ciphertext: first its query, then its signature, then what is in it. */
export function openMessage(keys: MessageKeys, query: EventQuery, ciphertext: string): Opened<string> {
  const { msg_signature, timestamp, nonce } = query;
  if (!msg_signature || !timestamp || !nonce) return malformed("msg_signature, timestamp or nonce is missing");
  if (!isSignedWith(keys.token, { msg_signature, timestamp, nonce }, ciphertext)) {
    return unverifiable("the signature does not fit: another token is entered in WeCom, or this is not from WeCom");
  }
  const decrypted = decrypt(keys.encodingAesKey, ciphertext);
  if (decrypted === null) {
    return unverifiable("it is not encrypted with this source's key: another EncodingAESKey is entered in WeCom");
  }
  if (!keys.receiveIds.includes(decrypted.receiveId)) return unverifiable("it is for another corp than this source's");
  return { value: decrypted.message };
}

/** The ciphertext with which WeCom asks whether somebody is there; what was not encoded on its way comes with spaces for its plus signs. */
export function echoedIn({ echostr }: EventQuery): string | undefined {
  // Base64 has no spaces.
  return echostr?.replaceAll(" ", "+");
}

/** The ciphertext of a message that was posted. */
export function ciphertextIn(body: string): string | undefined {
  return readXml(body, mostElements)?.get("Encrypt");
}

export function malformed(why: string): Opened<never> {
  return { refused: "malformed", why };
}

export function unverifiable(why: string): Opened<never> {
  return { refused: "unverifiable", why };
}
