import { randomInt } from "node:crypto";
import { wait } from "../../../lib/wait.ts";
import { encryptMessage, type MessageFields, messageXml, signedQuery } from "../callback-message.ts";
import type { CallbackCounts, CallbackFaults } from "../callbacks.ts";
import { Random } from "../random.ts";
import { RuleError } from "../rules.ts";
import type { SuiteCallback } from "./model.ts";

/** A message as it was posted, for one that is to come again. */
export interface SentMessage {
  readonly suiteId: string;
  readonly infoType: string;
  readonly url: string;
  readonly body: string;
}

/** WeCom waits a second for the answer to a command (doc path/90642), and tries three times. */
const timeoutMs = 1000;
const mostTries = 3;
const betweenTriesMs = 200;
const mostSent = 500;

/** Sends the commands of a provider's suites to the addresses that were entered for them, one after the other. */
export class SuiteMessages {
  readonly #providerCorpId: string;
  readonly #now: () => number;
  readonly #random = new Random("suite messages");
  readonly #stopped = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #callbacks = new Map<string, SuiteCallback>();
  readonly sent: SentMessage[] = [];
  #faults: CallbackFaults = { drop: 0, double: 0, delayMs: 0 };
  #counts = { made: 0, delivered: 0, dropped: 0, failed: 0 };

  constructor(providerCorpId: string, now: () => number) {
    this.#providerCorpId = providerCorpId;
    this.#now = now;
  }

  setFaults(faults: Partial<CallbackFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  counts(): CallbackCounts {
    return { ...this.#counts, waiting: this.#underWay.size };
  }

  /** Resolves when every message is delivered, or given up. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  close(): void {
    this.#stopped.abort();
  }

  /** Enters the address of a suite; null takes it away. Throws {@link RuleError} where it does not answer as it has to. */
  async enter(suiteId: string, callback: SuiteCallback | null): Promise<void> {
    if (callback === null) {
      this.#callbacks.delete(suiteId);
      return;
    }
    const text = String(randomInt(2 ** 47));
    // The question is encrypted for the provider itself; commands are for the suite (WeCom's staff, forum).
    const echostr = encryptMessage(callback.encodingAesKey, text, this.#providerCorpId);
    const query = signedQuery(callback.token, echostr, Math.floor(this.#now() / 1000));
    query.set("echostr", echostr);
    const answer = await fetch(`${callback.url}?${query}`, { signal: AbortSignal.timeout(timeoutMs) }).catch(
      () => null,
    );
    const told = answer === null ? null : await answer.text().catch(() => null);
    if (answer?.status !== 200 || told !== text) {
      throw new RuleError(-30065, "the address does not answer as it has to");
    }
    this.#callbacks.set(suiteId, callback);
  }

  isEntered(suiteId: string): boolean {
    return this.#callbacks.has(suiteId);
  }

  /** Sends a command, if an address is entered for the suite. */
  send(suiteId: string, infoType: string, fields: MessageFields): void {
    const callback = this.#callbacks.get(suiteId);
    if (callback === undefined) return;
    this.#counts.made += 1;
    if (this.#random.chance(this.#faults.drop)) {
      this.#counts.dropped += 1;
      return;
    }
    const seconds = Math.floor(this.#now() / 1000);
    const message = messageXml({ SuiteId: suiteId, InfoType: infoType, TimeStamp: String(seconds), ...fields });
    const encrypted = encryptMessage(callback.encodingAesKey, message, suiteId);
    // `AgentID` is empty in commands (doc path/97172).
    const body = `<xml><ToUserName><![CDATA[${suiteId}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt><AgentID></AgentID></xml>`;
    const url = `${callback.url}?${signedQuery(callback.token, encrypted, seconds)}`;
    const sent: SentMessage = { suiteId, infoType, url, body };
    this.sent.push(sent);
    if (this.sent.length > mostSent) this.sent.shift();
    this.#begin(sent);
    if (this.#random.chance(this.#faults.double)) this.#begin(sent);
  }

  /** Posts a message that was sent before once more, as whoever has overheard it can. */
  async again({ url, body }: SentMessage): Promise<number> {
    return (await fetch(url, { method: "POST", body, headers: { "content-type": "text/xml" } })).status;
  }

  #begin(message: SentMessage): void {
    const work = this.#deliver(message).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  async #deliver(message: SentMessage): Promise<void> {
    const { signal } = this.#stopped;
    try {
      await wait(this.#random.below(this.#faults.delayMs + 1), signal);
      for (let attempt = 1; attempt <= mostTries; attempt += 1) {
        if (attempt > 1) await wait(betweenTriesMs, signal);
        if (!(await this.#post(message))) continue;
        this.#counts.delivered += 1;
        return;
      }
      this.#counts.failed += 1;
    } catch {
      // The simulator is closed.
    }
  }

  async #post({ url, body }: SentMessage): Promise<boolean> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeoutMs)]);
    const init = { method: "POST", body, headers: { "content-type": "text/xml" }, signal };
    const answer = await fetch(url, init).catch(() => null);
    const told = await answer?.text().catch(() => null);
    // Any other word is taken for an error (doc path/97172).
    return answer?.status === 200 && told === "success";
  }
}
