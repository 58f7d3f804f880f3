import { createCipheriv, createHash, randomBytes } from "node:crypto";
import type { Credential } from "./settings.ts";

/** One file of an export, encrypted. */
export interface ExportFile {
  readonly bytes: Buffer;
  readonly md5: string;
  /** Until when it can be fetched. Milliseconds. */
  until: number;
}

export interface ExportOrder {
  readonly credential: Credential;
  /** `user` and so on: what the event of its end names. */
  readonly kind: string;
  readonly encodingAesKey: string;
  /** Entries of a file. */
  readonly blockSize: number;
  /** Names of the lists of a file, with their entries as they are when the job is worked on. */
  readonly lists: () => Readonly<Record<string, Iterable<object | number>>>;
}

/** 0: it waits; 1: it is worked on; 2: done; 3: failed (doc path/94854). */
export type ExportStatus = 0 | 1 | 2 | 3;

interface Job {
  readonly order: ExportOrder;
  readonly orderedAt: number;
  failed: boolean;
  files: readonly string[] | null;
}

/** How long the address of a file is good (doc path/94854). */
const fileMs = 2 * 3_600_000;
/** Bytes that are put together before they are encrypted. */
const chunkChars = 1_000_000;

/** The asynchronous exports of one corp (WeCom doc path/94849 to 94854). */
export class Exports {
  readonly #now: () => number;
  readonly #onEnd: (jobid: string, kind: string) => void;
  readonly #jobs = new Map<string, Job>();
  readonly #files = new Map<string, ExportFile>();

  /** @param onEnd hears of a job that is done, or has failed */
  constructor(now: () => number, onEnd: (jobid: string, kind: string) => void) {
    this.#now = now;
    this.#onEnd = onEnd;
  }

  /** Gives the job's id. */
  order(order: ExportOrder): string {
    const jobid = `jobid_${randomBytes(12).toString("hex")}`;
    this.#jobs.set(jobid, { order, orderedAt: this.#now(), failed: false, files: null });
    return jobid;
  }

  /**
   * Where a job stands, and its files once it is done; null for one that this identity has not ordered.
   *
   * @param lasts how long a job takes, in milliseconds
   * @param fails whether it ends in failure
   */
  result(
    jobid: string,
    credential: Credential,
    { lasts, fails }: { readonly lasts: number; readonly fails: boolean },
  ): { readonly status: ExportStatus; readonly files: readonly (ExportFile & { readonly id: string })[] } | null {
    const job = this.#jobs.get(jobid);
    if (job === undefined || job.order.credential !== credential) return null;
    const { files, failed } = this.#work(jobid, job, lasts, fails);
    if (failed) return { status: 3, files: [] };
    if (files === null) return { status: this.#now() < job.orderedAt + lasts / 2 ? 0 : 1, files: [] };
    return { status: 2, files: files.flatMap((id) => this.#fileOf(id)) };
  }

  /** A file by its id, as long as its address is good. */
  file(id: string): ExportFile | null {
    const file = this.#files.get(id);
    return file !== undefined && this.#now() < file.until ? file : null;
  }

  #fileOf(id: string): readonly (ExportFile & { readonly id: string })[] {
    const file = this.#files.get(id);
    return file === undefined ? [] : [{ ...file, id }];
  }

  #work(jobid: string, job: Job, lasts: number, fails: boolean): Job {
    if (job.files !== null || job.failed || this.#now() < job.orderedAt + lasts) return job;
    if (fails) job.failed = true;
    else {
      const until = this.#now() + fileMs;
      job.files = [...blocksOf(job.order)].map((bytes) => {
        const id = randomBytes(16).toString("hex");
        this.#files.set(id, { bytes, md5: createHash("md5").update(bytes).digest("hex"), until });
        return id;
      });
    }
    this.#onEnd(jobid, job.order.kind);
    return job;
  }
}

/** The files of an export: at least one, also where there is nothing. */
function* blocksOf({ lists, blockSize, encodingAesKey }: ExportOrder): Generator<Buffer> {
  const all = Object.entries(lists()).map(([name, entries]) => ({ name, entries: entries[Symbol.iterator]() }));
  for (let isFirst = true; ; isFirst = false) {
    let left = blockSize;
    const taken = all.map(({ name, entries }) => {
      const texts: string[] = [];
      for (; left > 0; left -= 1) {
        const next = entries.next();
        if (next.done === true) break;
        texts.push(JSON.stringify(next.value));
      }
      return { name, texts };
    });
    if (!isFirst && taken.every(({ texts }) => texts.length === 0)) return;
    yield encrypt(textOf(taken), encodingAesKey);
    if (left > 0) return;
  }
}

function* textOf(lists: readonly { readonly name: string; readonly texts: readonly string[] }[]): Generator<string> {
  yield "{";
  for (const [index, { name, texts }] of lists.entries()) {
    yield `${index > 0 ? "," : ""}${JSON.stringify(name)}:[`;
    for (const [at, text] of texts.entries()) yield at > 0 ? `,${text}` : text;
    yield "]";
  }
  yield "}";
}

/** AES-256-CBC with the key's first half as the initialisation vector, padded to a multiple of 32 bytes (doc path/94849). */
function encrypt(texts: Iterable<string>, encodingAesKey: string): Buffer {
  const key = Buffer.from(`${encodingAesKey}=`, "base64");
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const parts: Buffer[] = [];
  let waiting = "";
  let length = 0;
  const put = (bytes: Buffer): void => {
    length += bytes.length;
    parts.push(cipher.update(bytes));
  };
  for (const text of texts) {
    waiting += text;
    if (waiting.length < chunkChars) continue;
    put(Buffer.from(waiting));
    waiting = "";
  }
  put(Buffer.from(waiting));
  const missing = 32 - (length % 32);
  put(Buffer.alloc(missing, missing));
  parts.push(cipher.final());
  return Buffer.concat(parts);
}
