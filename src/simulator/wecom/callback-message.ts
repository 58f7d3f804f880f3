import { createCipheriv, createHash, randomBytes, randomInt } from "node:crypto";

/** Where a corp's administrator has events sent to, and with which token and key. */
export interface CallbackSettings {
  readonly url: string;
  readonly token: string;
  /** 43 characters. */
  readonly encodingAesKey: string;
}

/** Fields with their values, which may be fields themselves. */
export interface MessageFields {
  readonly [name: string]: string | number | MessageFields | undefined;
}

/** A message as WeCom words it: texts in CDATA, numbers bare; fields without a value are left out. */
export function messageXml(fields: MessageFields): string {
  return `<xml>${elementsOf(fields)}</xml>`;
}

function elementsOf(fields: MessageFields): string {
  const elements = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const text =
      typeof value === "number"
        ? value
        : typeof value === "object"
          ? elementsOf(value)
          : `<![CDATA[${value.replaceAll("]]>", "")}]]>`;
    return [`<${name}>${text}</${name}>`];
  });
  return elements.join("\n");
}

/** Encrypts as WeCom does: 16 random bytes, the length, the message, for whom it is; padded to 32 bytes (doc path/90968). */
export function encryptMessage(encodingAesKey: string, message: string, receiveId: string): string {
  const key = Buffer.from(`${encodingAesKey}=`, "base64");
  const text = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const plain = Buffer.concat([randomBytes(16), length, text, Buffer.from(receiveId)]);
  const missing = 32 - (plain.length % 32);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16));
  cipher.setAutoPadding(false);
  return Buffer.concat([
    cipher.update(Buffer.concat([plain, Buffer.alloc(missing, missing)])),
    cipher.final(),
  ]).toString("base64");
}

/** The query that goes with a ciphertext: signed with the token. */
export function signedQuery(token: string, ciphertext: string, seconds: number): URLSearchParams {
  const timestamp = String(seconds);
  const nonce = String(randomInt(1_000_000_000));
  const joined = [token, timestamp, nonce, ciphertext].sort().join("");
  const signature = createHash("sha1").update(joined).digest("hex");
  return new URLSearchParams({ msg_signature: signature, timestamp, nonce });
}

/** Query and body of a POST with an event. */
export function postedEvent(
  { token, encodingAesKey }: Pick<CallbackSettings, "token" | "encodingAesKey">,
  { corpId, seconds, fields }: { readonly corpId: string; readonly seconds: number; readonly fields: MessageFields },
): { readonly query: URLSearchParams; readonly body: string } {
  const message = messageXml({ ToUserName: corpId, ...fields });
  const encrypted = encryptMessage(encodingAesKey, message, corpId);
  const body = `<xml><ToUserName><![CDATA[${corpId}]]></ToUserName><AgentID></AgentID><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
  return { query: signedQuery(token, encrypted, seconds), body };
}
