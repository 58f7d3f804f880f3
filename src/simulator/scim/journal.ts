import { Refusal, type ScimType } from "./refusal.ts";
import { type Rule, rules, type Waste, wastes } from "./rules.ts";

/** A breach of a rule. It names attributes and ids, never a value; `path` is without its query. */
export interface Violation {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly rule: Rule;
  readonly sentence: string;
  readonly detail: string;
  /** True if the request was refused because of it, false if it was only recorded. */
  readonly refused: boolean;
}

/** A request that achieved nothing. */
export interface Noop {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly waste: Waste;
  readonly sentence: string;
}

/** One request as answered; status 0 stands for no answer. */
export interface RequestRecord {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface RequestSummary {
  readonly total: number;
  /** By method and type: `{ "POST User": 3 }`. A type is `User`, `Group`, or the endpoint's name. */
  readonly counts: Readonly<Record<string, number>>;
  /** By status: `{ "201": 3 }`; `"0"` for no answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** All in order where the option `log` is on, otherwise the latest hundred. */
  readonly log: readonly RequestRecord[];
}

/** How many violations, and how many noops, are kept; beyond it they are only counted. */
const kept = 10_000;
const latest = 100;

/** What the clients did. */
export class Journal {
  #violations: Violation[] = [];
  #violationCount = 0;
  #noops: Noop[] = [];
  #noopCount = 0;
  #log: RequestRecord[] = [];
  #total = 0;
  #counts = new Map<string, number>();
  #statuses = new Map<string, number>();
  readonly #now: () => number;
  readonly #logAll: boolean;

  constructor(options: { readonly now: () => number; readonly log: boolean }) {
    this.#now = options.now;
    this.#logAll = options.log;
  }

  request(type: string, method: string, path: string, status: number): void {
    this.#total += 1;
    increment(this.#counts, `${method} ${type}`);
    increment(this.#statuses, String(status));
    this.#log.push({ at: this.#time(), method, path, status });
    // Cut in slices, so that the cut costs nothing per request.
    if (!this.#logAll && this.#log.length >= 2 * latest) this.#log = this.#log.slice(-latest);
  }

  violation(method: string, path: string, rule: Rule, detail: string, refused: boolean): void {
    this.#violationCount += 1;
    if (this.#violations.length >= kept) return;
    this.#violations.push({ at: this.#time(), method, path, rule, sentence: rules[rule], detail, refused });
  }

  noop(method: string, path: string, waste: Waste): void {
    this.#noopCount += 1;
    if (this.#noops.length >= kept) return;
    this.#noops.push({ at: this.#time(), method, path, waste, sentence: wastes[waste] });
  }

  violations(): readonly Violation[] {
    return [...this.#violations];
  }

  noops(): readonly Noop[] {
    return [...this.#noops];
  }

  requests(): RequestSummary {
    return {
      total: this.#total,
      counts: Object.fromEntries(this.#counts),
      statuses: Object.fromEntries(this.#statuses),
      log: this.#logAll ? [...this.#log] : this.#log.slice(-latest),
    };
  }

  /** Including those beyond the number that is kept. */
  totals(): { readonly violations: number; readonly noops: number; readonly requests: number } {
    return { violations: this.#violationCount, noops: this.#noopCount, requests: this.#total };
  }

  reset(): void {
    this.#violations = [];
    this.#violationCount = 0;
    this.#noops = [];
    this.#noopCount = 0;
    this.#log = [];
    this.#total = 0;
    this.#counts.clear();
    this.#statuses.clear();
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** The judgement of one request: notes what is careless, refuses what is wrong. */
export class Judge {
  readonly #journal: Journal;
  readonly #method: string;
  readonly #path: string;
  #refusal: Refusal | undefined;

  constructor(journal: Journal, method: string, path: string) {
    this.#journal = journal;
    this.#method = method;
    this.#path = path;
  }

  /** Records a breach that is legal. */
  note(rule: Rule, detail: string): void {
    this.#journal.violation(this.#method, this.#path, rule, detail, false);
  }

  /** Records a breach that the request will be refused for; the first one is answered, all are recorded. */
  reject(rule: Rule, detail: string, scimType: ScimType | undefined, status = 400): void {
    this.#journal.violation(this.#method, this.#path, rule, detail, true);
    this.#refusal ??= new Refusal(status, scimType, `${detail} ${rules[rule]}`);
  }

  /** Records a breach and ends the request. @throws Refusal */
  refuse(rule: Rule, detail: string, scimType: ScimType | undefined, status = 400): never {
    this.#journal.violation(this.#method, this.#path, rule, detail, true);
    throw this.#refusal ?? new Refusal(status, scimType, `${detail} ${rules[rule]}`);
  }

  /** Ends the request if something was rejected. @throws Refusal */
  settle(): void {
    if (this.#refusal) throw this.#refusal;
  }

  noop(waste: Waste): void {
    this.#journal.noop(this.#method, this.#path, waste);
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
