import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** Encrypts texts at rest. What it gives names the key, so that a key can be told from another later. */
export interface Cipher {
  encrypt(plain: string): string;
  /** Throws when the text was made with another key or was changed. */
  decrypt(sealed: string): string;
}

/** What is stored was encrypted with a key that this program was not given. */
export class WrongKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WrongKeyError";
  }
}

/**
 * AES-256-GCM. The result is `v1.{key id}.{iv}.{tag}.{ciphertext}`, each part base64url.
 *
 * @param key 32 bytes
 */
export function makeCipher(key: Buffer): Cipher {
  if (key.length !== 32) throw new Error("an encryption key has 32 bytes");
  const keyId = createHash("sha256").update(key).digest("base64url").slice(0, 8);
  return {
    encrypt(plain) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      const data = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return ["v1", keyId, ...[iv, cipher.getAuthTag(), data].map((part) => part.toString("base64url"))].join(".");
    },
    decrypt(sealed) {
      const [version, sealedWith, iv, tag, data] = sealed.split(".");
      if (version !== "v1" || iv === undefined || tag === undefined || data === undefined) {
        throw new Error("not an encrypted value of this program");
      }
      if (sealedWith !== keyId) {
        throw new WrongKeyError(
          `encrypted with another key (${sealedWith}, given is ${keyId}): set BRIDGE_ENCRYPTION_KEY to the key that this database was made with`,
        );
      }
      const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"), { authTagLength: 16 });
      decipher.setAuthTag(Buffer.from(tag, "base64url"));
      return Buffer.concat([decipher.update(Buffer.from(data, "base64url")), decipher.final()]).toString("utf8");
    },
  };
}
