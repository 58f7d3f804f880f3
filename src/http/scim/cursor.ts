import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { ScimError } from "../../scim/scim-error.ts";
import type { ListPlace } from "../../store/store.ts";

/** How long a cursor can be used at least, and at most. Seconds. */
export const cursorTimeoutSeconds = 3600;

/** What a cursor belongs to: presented with anything else it is as good as made up. */
export interface CursorScope {
  /** Who asks, what for, in which order: everything but `count`. */
  readonly query: readonly unknown[];
  readonly count: number;
}

/** Cursors (RFC 9865) that hold the place in the list themselves: nothing is kept here for a list that is being read. */
export interface Cursors {
  seal(place: ListPlace, scope: CursorScope): string;
  /** @throws {ScimError} 400 invalidCursor, expiredCursor, invalidCount */
  open(cursor: string, scope: CursorScope): ListPlace;
}

/** The key of the cursors, from the key that everything else is encrypted with. */
export function makeCursorKey(encryptionKey: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", encryptionKey, "", "scim cursor", 32));
}

/**
 * AES-256-GCM: signed, so that nobody can make one up, and encrypted, because a place can be somebody's name and cursors
 * stand in addresses, which proxies write down. The scope is authenticated with it; base64url is all unreserved
 * characters (RFC 9865 §2).
 *
 * @param key 32 bytes
 */
export function makeCursors(key: Buffer, now: () => number = Date.now): Cursors {
  return {
    seal({ run, key: sortKey, id }, { query, count }) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(JSON.stringify(query)));
      const data = cipher.update(JSON.stringify([run, sortKey, id, count, now()]), "utf8");
      return Buffer.concat([iv, data, cipher.final(), cipher.getAuthTag()]).toString("base64url");
    },
    open(cursor, { query, count }) {
      const [run, sortKey, id, sealedCount, sealedAt] = decrypt(key, cursor, JSON.stringify(query));
      // RFC 9865 §2.1: what was asked first is asked to the end.
      if (sealedCount !== count) throw new ScimError(400, "invalidCount", "count has to stay what it was at first");
      if (now() - sealedAt > cursorTimeoutSeconds * 1000) {
        throw new ScimError(400, "expiredCursor", `A cursor can be used for ${cursorTimeoutSeconds} seconds`);
      }
      return { run, key: sortKey, id };
    },
  };
}

const ivLength = 12;
const tagLength = 16;

type Sealed = readonly [
  run: number,
  sortKey: string | number | null,
  id: string,
  sealedCount: number,
  sealedAt: number,
];

function decrypt(key: Buffer, cursor: string, scope: string): Sealed {
  const bytes = Buffer.from(cursor, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
    decipher.setAAD(Buffer.from(scope)).setAuthTag(bytes.subarray(-tagLength));
    const data = decipher.update(bytes.subarray(ivLength, -tagLength));
    // What was sealed here needs no looking through.
    return JSON.parse(Buffer.concat([data, decipher.final()]).toString("utf8")) as Sealed;
  } catch {
    // Another's, another query's, made up, of another key: who asks learns nothing about which (RFC 9865 §5).
    throw new ScimError(400, "invalidCursor", "This cursor does not belong to this query");
  }
}
