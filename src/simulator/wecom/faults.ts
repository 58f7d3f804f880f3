import type { Credential } from "./settings.ts";

/** What goes wrong. All but `delay` take the place of the real answer. */
export type FaultAnswer =
  | { readonly kind: "errcode"; readonly errcode: number; readonly errmsg?: string | undefined }
  /** A page of some gateway, HTTP 200 unless said otherwise. */
  | { readonly kind: "html"; readonly status?: number | undefined }
  | { readonly kind: "status"; readonly status: 500 | 502 | 503 | 504 }
  /** A whole HTTP answer whose JSON text breaks off. */
  | { readonly kind: "malformed" }
  /** An HTTP answer that ends before its Content-Length. */
  | { readonly kind: "truncated" }
  | { readonly kind: "reset" }
  /** A success whose list is empty, or has lost its second half; it is said to be the last page. */
  | { readonly kind: "empty" }
  | { readonly kind: "short" }
  | { readonly kind: "delay"; readonly ms: number }
  /** Nothing, until the faults are cleared or the simulator is closed; then the connection is cut. */
  | { readonly kind: "hang" };

export interface Fault {
  /** `user/list` and so on; `*` for every endpoint. */
  readonly endpoint: string;
  /** Only calls that name this department, member or tag. */
  readonly department?: number | undefined;
  readonly userid?: string | undefined;
  readonly tag?: number | undefined;
  /** Only calls with a token of this secret. */
  readonly credential?: Credential | undefined;
  /** How many matching calls go through first. Default 0. */
  readonly after?: number | undefined;
  /** How many times it strikes. Default: until cleared. */
  readonly times?: number | undefined;
  readonly answer: FaultAnswer;
}

/** The part of a call that faults are chosen by. */
export interface FaultSubject {
  readonly endpoint: string;
  readonly department: number | null;
  readonly userid: string | null;
  readonly tag: number | null;
  readonly credential: Credential | null;
}

interface Armed {
  readonly fault: Fault;
  seen: number;
  struck: number;
}

/** The faults that wait for calls of one corp. */
export class Faults {
  readonly #armed: Armed[] = [];
  #cleared = new AbortController();

  add(fault: Fault): void {
    this.#armed.push({ fault, seen: 0, struck: 0 });
  }

  list(): readonly Fault[] {
    return this.#armed.map(({ fault }) => fault);
  }

  /** Takes all faults back; hanging calls are cut off. */
  clear(): void {
    this.#armed.length = 0;
    this.#cleared.abort();
    this.#cleared = new AbortController();
  }

  /** Aborted at the next {@link clear}. */
  get cleared(): AbortSignal {
    return this.#cleared.signal;
  }

  /** What strikes this call: how long it is delayed, and what it gets instead of its answer. */
  strike(subject: FaultSubject): { readonly delayMs: number; readonly answer: FaultAnswer | null } {
    let delayMs = 0;
    for (const armed of this.#armed) {
      if (!matches(armed.fault, subject)) continue;
      armed.seen += 1;
      if (armed.seen <= (armed.fault.after ?? 0) || armed.struck >= (armed.fault.times ?? Infinity)) continue;
      armed.struck += 1;
      if (armed.fault.answer.kind !== "delay") return { delayMs, answer: armed.fault.answer };
      delayMs += armed.fault.answer.ms;
    }
    return { delayMs, answer: null };
  }
}

function matches(fault: Fault, subject: FaultSubject): boolean {
  return (
    (fault.endpoint === "*" || fault.endpoint === subject.endpoint) &&
    (fault.department === undefined || fault.department === subject.department) &&
    (fault.userid === undefined || fault.userid.toLowerCase() === subject.userid?.toLowerCase()) &&
    (fault.tag === undefined || fault.tag === subject.tag) &&
    (fault.credential === undefined || fault.credential === subject.credential)
  );
}
