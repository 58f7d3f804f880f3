import { X509Certificate } from "node:crypto";

/** What is wrong with a text that should be one or more certificates in PEM; null when nothing is. */
export function certificateProblem(text: string): string | null {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return "holds a private key: only certificates belong here";
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return "has no certificate in PEM: text that begins with -----BEGIN CERTIFICATE-----";
  const broken = blocks.findIndex((block) => !isCertificate(block));
  return broken < 0 ? null : `certificate ${broken + 1} of ${blocks.length} cannot be read`;
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
