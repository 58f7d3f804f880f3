import { contentHash } from "../lib/hash.ts";
import type { SourceRecord } from "../source/source.ts";
import type { Lease, ReadPartStore, RecordStore } from "../store/store.ts";
import type { Seen } from "./seen.ts";

export interface ReadPartsParts {
  readonly store: ReadPartStore & Pick<RecordStore, "seqsOf">;
  readonly lease: Lease;
  readonly sourceId: string;
  readonly taskId: string;
  /** Everything that the read depends on beside the source itself: its settings. */
  readonly basis: string;
  readonly clock: () => number;
}

/** So old may be what a task that was cut off had read. Milliseconds. */
const longestAgeMs = 30 * 60_000;
/** A read of fewer parts is soon done once more. */
const fewestParts = 100;
const pageSize = 100;

interface WaitingPart {
  readonly key: string;
  readonly users: readonly string[];
  readonly unseenFields: readonly string[];
}

/**
 * What a read has brought of a source, part by part, in case that it is cut off: whoever takes the task up again goes on
 * from there, as long as that is not old, and departments, tags and settings are what they were.
 *
 * People change meanwhile. Who left is found by the next read, who came too. Who moved from a part that was not read
 * yet to one that was is in no answer: he is looked for by himself, as anybody whom a read does not find; and the marks of
 * events are kept, so that another read follows where there were any.
 */
export class ReadParts {
  readonly #parts: ReadPartsParts;
  /** Of what the read depends on; departments and tags come in any order. */
  readonly #hashes: string[] = [];
  #stamp = "";
  #total = 0;
  #waiting: WaitingPart[] = [];
  #waitingUsers = 0;
  /** Fields that nobody had a value of in the parts that are taken over; null: there are none. */
  #unseen: ReadonlySet<string> | null = null;

  constructor(parts: ReadPartsParts) {
    this.#parts = parts;
  }

  /** Parts were taken over from before. */
  get isResumed(): boolean {
    return this.#unseen !== null;
  }

  /** A department or a tag that people's records are made with. */
  noteSurroundings(records: readonly SourceRecord[]): void {
    for (const { kind, key, raw } of records) {
      if (kind === "department") this.#total += 1;
      this.#hashes.push(contentHash(`${kind} ${key} ${JSON.stringify(raw)}`));
    }
  }

  /** Keys of the parts that need not be read again; their people count as seen. */
  async takeOver(seen: Seen): Promise<ReadonlySet<string>> {
    const { store, lease, sourceId, clock } = this.#parts;
    const done = new Set<string>();
    if (this.#total < fewestParts) return done;
    this.#stamp = contentHash([this.#parts.basis, ...this.#hashes.sort()].join("\n"));
    await store.forgetParts(lease, sourceId, this.#parts.taskId);
    const since = clock() - longestAgeMs;
    for (let after = ""; ; ) {
      const page = await store.listParts(this.#of, since, after, pageSize);
      const last = page.at(-1);
      if (last === undefined) return done;
      after = last.key;
      for (const { key, seqs, unseen } of page) {
        done.add(key);
        for (const seq of seqs) seen.add(seq);
        const before = this.#unseen;
        this.#unseen = new Set(before === null ? unseen : unseen.filter((field) => before.has(field)));
      }
    }
  }

  /** A part came whole. It is written down by {@link flush}, once its people are. */
  add(part: WaitingPart): void {
    if (this.#total < fewestParts) return;
    this.#waiting.push(part);
    this.#waitingUsers += part.users.length;
  }

  /** How many people of parts that came wait to be written down. */
  get waitingUsers(): number {
    return this.#waitingUsers;
  }

  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { store, lease, sourceId } = this.#parts;
    const parts = this.#waiting;
    this.#waiting = [];
    this.#waitingUsers = 0;
    const seqs = await store.seqsOf(sourceId, "user", [...new Set(parts.flatMap(({ users }) => users))]);
    await store.saveParts(
      lease,
      this.#of,
      parts.map(({ key, users, unseenFields }) => ({
        ...{ key, unseen: unseenFields },
        seqs: users.flatMap((user) => seqs.get(user) ?? []),
      })),
    );
  }

  /** Of the fields that nobody had a value of in this read those that nobody had one of in what was taken over, either. */
  unseen(fields: readonly string[]): readonly string[] {
    const before = this.#unseen;
    return before === null ? fields : fields.filter((field) => before.has(field));
  }

  get #of() {
    const { sourceId, taskId } = this.#parts;
    return { sourceId, taskId, stamp: this.#stamp };
  }
}
