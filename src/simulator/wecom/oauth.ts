import { randomBytes } from "node:crypto";
import type { MemberEntry } from "./directory.ts";

/** Whom WeCom has recognised in its client. */
export type Person =
  | { readonly kind: "member"; readonly entry: MemberEntry }
  /** Somebody of WeChat who is in no corp. */
  | { readonly kind: "outsider"; readonly openid: string }
  /** A member of another corp that is linked with this one: `CorpId/userid`. */
  | { readonly kind: "linked"; readonly userid: string };

interface Code {
  readonly person: Person;
  /** The code was asked for with `snsapi_privateinfo` and the app's agentid. */
  readonly isPrivate: boolean;
  /** What the person decided on the page. */
  readonly agreed: boolean;
  readonly expiresAt: number;
  used: boolean;
}

interface Ticket {
  readonly entry: MemberEntry;
  readonly agreed: boolean;
  readonly expiresAt: number;
}

/** How long they last (WeCom doc path/96441, path/96442). Milliseconds. */
const codeMs = 300_000;
export const ticketSeconds = 1800;

/** The codes and tickets of one corp. */
export class OAuth {
  readonly #codes = new Map<string, Code>();
  readonly #tickets = new Map<string, Ticket>();

  issueCode(code: Pick<Code, "person" | "isPrivate" | "agreed">, now: number): string {
    const text = randomBytes(32).toString("base64url");
    this.#codes.set(text, { ...code, expiresAt: now + codeMs, used: false });
    return text;
  }

  /** Whether it is a code that can still be used. */
  isGood(text: string, now: number): boolean {
    const code = this.#codes.get(text);
    return code !== undefined && !code.used && code.expiresAt > now;
  }

  /** Uses a code up. `used`: it was before. */
  takeCode(text: string, now: number): Code | "used" | "unknown" {
    const code = this.#codes.get(text);
    if (code === undefined || code.expiresAt <= now) return "unknown";
    if (code.used) return "used";
    code.used = true;
    return code;
  }

  issueTicket(ticket: Pick<Ticket, "entry" | "agreed">, now: number): string {
    const text = randomBytes(48).toString("base64url");
    this.#tickets.set(text, { ...ticket, expiresAt: now + ticketSeconds * 1000 });
    return text;
  }

  findTicket(text: string, now: number): Ticket | "expired" | "unknown" {
    const ticket = this.#tickets.get(text);
    if (ticket === undefined) return "unknown";
    return ticket.expiresAt <= now ? "expired" : ticket;
  }
}
