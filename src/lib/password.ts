import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { isJsonObject } from "./json.ts";

// scrypt (RFC 7914) with a salt for each password. Its parameters are kept with the hash, so that they can grow.

/** 32 MiB and some tens of milliseconds a try. */
const cost = { n: 32_768, r: 8, p: 1 } as const;
const hashBytes = 32;

/** What is kept of a password: the hash, its salt and what it was made with, as JSON. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return JSON.stringify({ ...cost, salt: salt.toString("base64url"), hash: hash.toString("base64url") });
}

/**
 * Whether this is the password. Without one the same work is done, so that how long it takes does not tell.
 *
 * @param kept what {@link hashPassword} made; null: there is none
 */
export async function isPassword(password: string, kept: string | null): Promise<boolean> {
  const { salt, hash, ...made } = kept === null ? { ...cost, salt: noSalt, hash: null } : parseKept(kept);
  const derived = await derive(password, salt, made);
  return hash !== null && timingSafeEqual(derived, hash);
}

const noSalt = Buffer.alloc(16);

function parseKept(kept: string) {
  const value: unknown = JSON.parse(kept);
  if (!isJsonObject(value)) throw new Error("a stored password is not of the expected form");
  const bytes = (key: string) => Buffer.from(String(value[key]), "base64url");
  const hash = bytes("hash");
  if (hash.length !== hashBytes) throw new Error("a stored password is not of the expected form");
  return { n: Number(value["n"]), r: Number(value["r"]), p: Number(value["p"]), salt: bytes("salt"), hash };
}

/** One at a time: each takes memory, and a thread that files and names are read with, too. */
let last: Promise<unknown> = Promise.resolve();

function derive(
  password: string,
  salt: Buffer,
  { n, r, p }: { readonly n: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  const work = () =>
    new Promise<Buffer>((resolve, reject) => {
      // One spelling of what can be typed in several (RFC 8265 §4.2).
      const text = password.normalize("NFC");
      scrypt(text, salt, hashBytes, { N: n, r, p, maxmem: 256 * n * r }, (error, key) =>
        error === null ? resolve(key) : reject(error),
      );
    });
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
}
