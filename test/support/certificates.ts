import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A certificate for a server at these names and IPv4 addresses. */
  issue(...hosts: readonly string[]): Certificate;
}

/** Makes an authority whose certificate nobody trusts who was not told to (RFC 5280, P-256). */
export function makeAuthority(name: string): Authority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const isAuthority = extension("2.5.29.19", true, sequence(boolean(true)));
  const own = makeCertificate({
    issuer: name,
    subject: name,
    key: keys.publicKey,
    by: keys.privateKey,
    extensions: isAuthority,
  });
  return {
    cert: own,
    key: pemKey(keys.privateKey),
    issue(...hosts) {
      const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const names = extension("2.5.29.17", false, sequence(...hosts.map(generalName)));
      const subject = hosts[0] ?? "server";
      const cert = makeCertificate({
        issuer: name,
        subject,
        key: server.publicKey,
        by: keys.privateKey,
        extensions: names,
      });
      return { cert, key: pemKey(server.privateKey) };
    },
  };
}

interface Contents {
  readonly issuer: string;
  readonly subject: string;
  readonly key: KeyObject;
  readonly by: KeyObject;
  readonly extensions: Buffer;
}

function makeCertificate({ issuer, subject, key, by, extensions }: Contents): string {
  const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));
  const day = 86_400_000;
  const signed = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    distinguishedName(issuer),
    sequence(utcTime(Date.now() - day), utcTime(Date.now() + 30 * day)),
    distinguishedName(subject),
    key.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(extensions)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", signed, by)]));
  const lines =
    sequence(signed, ecdsaWithSha256, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const pemKey = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

function distinguishedName(commonName: string): Buffer {
  const name = sequence(oid("2.5.4.3"), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, name));
}

function generalName(host: string): Buffer {
  const isAddress = /^[\d.]+$/.test(host);
  return isAddress ? tagged(0x87, Buffer.from(host.split(".").map(Number))) : tagged(0x82, Buffer.from(host));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), tagged(0x04, value));
}

// DER (X.690): a tag, a length, the contents.

function tagged(tag: number, contents: Buffer): Buffer {
  const { length } = contents;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), contents]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts));
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));

function utcTime(time: number): Buffer {
  const text = new Date(time).toISOString().replace(/[-:T]|\.\d+/g, "");
  return tagged(0x17, Buffer.from(text.slice(2)));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = rest.flatMap((number) => {
    const groups = [number & 127];
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    return groups;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}
