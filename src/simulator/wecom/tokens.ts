import { randomBytes } from "node:crypto";
import type { Credential } from "./settings.ts";

export interface IssuedToken<Corp> {
  readonly corp: Corp;
  readonly credential: Credential;
  readonly token: string;
  expiresAt: number;
  revoked: boolean;
}

/** Seconds that a token lasts. */
export const tokenSeconds = 7200;

/** The tokens of all corps: one valid token for each secret at a time, the same on repeated asking. */
export class Tokens<Corp> {
  readonly #byText = new Map<string, IssuedToken<Corp>>();
  readonly #current = new Map<Corp, Map<Credential, IssuedToken<Corp>>>();

  /** The valid token of a secret, or a new one. `now` in milliseconds. */
  issue(corp: Corp, credential: Credential, now: number): IssuedToken<Corp> {
    const ofCorp = this.#current.get(corp) ?? new Map<Credential, IssuedToken<Corp>>();
    this.#current.set(corp, ofCorp);
    const held = ofCorp.get(credential);
    if (held && !held.revoked && held.expiresAt > now) return held;
    const token = randomBytes(160).toString("base64url");
    const issued = { corp, credential, token, expiresAt: now + tokenSeconds * 1000, revoked: false };
    this.#byText.set(token, issued);
    ofCorp.set(credential, issued);
    return issued;
  }

  find(token: string): IssuedToken<Corp> | undefined {
    return this.#byText.get(token);
  }

  /** Ends tokens before their time: `expire` is answered with 42001, `revoke` with 40014. Null: of both secrets. */
  end(corp: Corp, credential: Credential | null, how: "expire" | "revoke", now: number): void {
    for (const issued of this.#current.get(corp)?.values() ?? []) {
      if (credential !== null && issued.credential !== credential) continue;
      if (how === "expire") issued.expiresAt = Math.min(issued.expiresAt, now);
      else issued.revoked = true;
    }
  }
}
