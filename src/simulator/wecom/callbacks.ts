import { randomInt } from "node:crypto";
import { setMaxListeners } from "node:events";
import { wait } from "../../lib/wait.ts";
import {
  type CallbackSettings,
  encryptMessage,
  type MessageFields,
  postedEvent,
  signedQuery,
} from "./callback-message.ts";
import { Random } from "./random.ts";
import { RuleError } from "./rules.ts";
import type { ContactChange } from "./telling-directory.ts";

export interface CallbackOptions extends CallbackSettings {
  /** `ids`: as to an address that was entered after 15 August 2022 (doc path/96302). Default. */
  readonly form?: "full" | "ids" | undefined;
}

/** What the network does to events: shares of them between 0 and 1, and up to how late one comes. */
export interface CallbackFaults {
  readonly drop: number;
  readonly double: number;
  /** Milliseconds; with it they come in another order. */
  readonly delayMs: number;
}

/** What became of the events of a corp. */
export interface CallbackCounts {
  readonly made: number;
  readonly delivered: number;
  /** Lost on the way, as ordered. */
  readonly dropped: number;
  /** Tried three times in vain. */
  readonly failed: number;
  readonly waiting: number;
}

/** WeCom waits so long for an answer, and tries so often (doc path/90238). */
const timeoutMs = 5000;
const mostTries = 3;
const betweenTriesMs = 200;
/** When an address is entered it has one second. */
const verifyMs = 1000;
const mostAtOnce = 50;

/** Sends the events of one corp to the address that its administrator entered. */
export class Callbacks {
  readonly #corpId: string;
  readonly #now: () => number;
  readonly #random = new Random("callbacks");
  readonly #stopped = new AbortController();
  readonly #queue: MessageFields[] = [];
  readonly #idle: (() => void)[] = [];
  #options: CallbackOptions | null = null;
  #faults: CallbackFaults = { drop: 0, double: 0, delayMs: 0 };
  #counts = { made: 0, delivered: 0, dropped: 0, failed: 0 };
  #underWay = 0;

  constructor(corpId: string, now: () => number) {
    // Every event that is under way listens to it.
    setMaxListeners(0, this.#stopped.signal);
    this.#corpId = corpId;
    this.#now = now;
  }

  /** Enters an address, or takes it away with null. Throws {@link RuleError} where it does not answer as it has to. */
  async enter(options: CallbackOptions | null): Promise<void> {
    if (options !== null) await this.#verify(options);
    this.#options = options;
  }

  setFaults(faults: Partial<CallbackFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  counts(): CallbackCounts {
    return { ...this.#counts, waiting: this.#queue.length + this.#underWay };
  }

  /** Resolves when every event is delivered, or given up. */
  async idle(): Promise<void> {
    if (this.#queue.length + this.#underWay === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    this.#queue.length = 0;
    this.#stopped.abort();
  }

  /** Tells of a change of the contacts. */
  tell({ type, full, ids }: ContactChange): void {
    const fields = this.#options?.form === "full" ? full : ids;
    if (this.#options === null || fields === null) return;
    const CreateTime = Math.floor(this.#now() / 1000);
    const envelope = { FromUserName: "sys", CreateTime, MsgType: "event", Event: "change_contact", ChangeType: type };
    this.send({ ...envelope, ...fields });
  }

  /** Tells of an asynchronous job that has ended (doc path/94956). */
  tellOfJob(JobId: string, JobType: string): void {
    if (this.#options === null) return;
    const CreateTime = Math.floor(this.#now() / 1000);
    const envelope = { FromUserName: "sys", CreateTime, MsgType: "event", Event: "batch_job_result" };
    this.send({ ...envelope, BatchJob: { JobId, JobType, ErrCode: 0, ErrMsg: "ok" } });
  }

  /** Sends any event. */
  send(fields: MessageFields): void {
    this.#counts.made += 1;
    if (this.#random.chance(this.#faults.drop)) {
      this.#counts.dropped += 1;
      return;
    }
    this.#queue.push(fields);
    if (this.#random.chance(this.#faults.double)) this.#queue.push(fields);
    this.#work();
  }

  #work(): void {
    while (this.#underWay < mostAtOnce) {
      const fields = this.#queue.shift();
      if (fields === undefined) break;
      this.#underWay += 1;
      void this.#deliver(fields).finally(() => {
        this.#underWay -= 1;
        this.#work();
      });
    }
    if (this.#queue.length + this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #deliver(fields: MessageFields): Promise<void> {
    const { signal } = this.#stopped;
    try {
      await wait(this.#random.below(this.#faults.delayMs + 1), signal);
      for (let attempt = 1; attempt <= mostTries; attempt += 1) {
        if (attempt > 1) await wait(betweenTriesMs, signal);
        if (!(await this.#post(fields))) continue;
        this.#counts.delivered += 1;
        return;
      }
      this.#counts.failed += 1;
    } catch {
      // The corp is closed.
    }
  }

  async #post(fields: MessageFields): Promise<boolean> {
    const options = this.#options;
    if (options === null) return false;
    const seconds = Math.floor(this.#now() / 1000);
    const { query, body } = postedEvent(options, { corpId: this.#corpId, seconds, fields });
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeoutMs)]);
    const init = { method: "POST", body, headers: { "content-type": "text/xml" }, signal };
    const answer = await fetch(withQuery(options.url, query), init).catch(() => null);
    await answer?.arrayBuffer().catch(() => null);
    return answer?.status === 200;
  }

  async #verify({ url, token, encodingAesKey }: CallbackOptions): Promise<void> {
    const text = String(randomInt(2 ** 47));
    const echostr = encryptMessage(encodingAesKey, text, this.#corpId);
    const query = signedQuery(token, echostr, Math.floor(this.#now() / 1000));
    query.set("echostr", echostr);
    const answer = await fetch(withQuery(url, query), { signal: AbortSignal.timeout(verifyMs) }).catch(() => null);
    const told = answer === null ? null : await answer.text().catch(() => null);
    if (answer?.status !== 200 || told !== text)
      throw new RuleError(-30065, "the address does not answer as it has to");
  }
}

function withQuery(url: string, query: URLSearchParams): string {
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
}
