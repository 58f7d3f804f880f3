import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject, type Json, member } from "../../../lib/json.ts";
import type { SourceUser } from "../../source.ts";
import type { WecomClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import { nonsense, WecomFault } from "../fault.ts";
import { parseMember, requiredList } from "../parse.ts";
import { decryptStream } from "./decrypt-stream.ts";
import { type DownloadParts, download, type ExportPart } from "./download.ts";
import { jsonList } from "./json-list.ts";
import type { Sample } from "./sample.ts";

export interface ExportParts {
  readonly client: Pick<WecomClient, "call">;
  readonly clock: Clock;
  readonly files: DownloadParts;
  /** Where the encrypted files lie while they are read; the system's own directory for such if absent. */
  readonly directory?: string | undefined;
}

/** Everybody whom the credential sees, in files that were fetched whole and lie here, encrypted. */
export interface ExportedMembers {
  /** How many entries there are. */
  readonly count: number;
  /** All of them, each time anew. An entry that makes no sense is null. Throws a {@link WecomFault}. */
  members(): AsyncGenerator<SourceUser | null>;
  /** Deletes the files. */
  close(): Promise<void>;
}

/** Members of a file: 10,000 to 1,000,000 may be asked for (doc path/94849). */
const blockSize = 100_000;
/** Between two questions whether it is done: the first one, and the longest. Milliseconds. */
const pollMs = { first: 1000, longest: 15_000 } as const;
/** An export that is not done by then is given up. Milliseconds. */
const patienceMs = 30 * 60_000;

/**
 * Orders an export of all members (`export/user`, doc path/94851), waits for it, fetches its files and looks through all
 * of them, before anybody is taken from it: what is broken is found while nothing has come of it yet.
 * Throws a {@link WecomFault} where it comes to nothing.
 *
 * @param sample is shown everybody whom the export has
 */
export async function exportMembers(
  parts: ExportParts,
  sample: Pick<Sample, "compare">,
  signal: AbortSignal,
): Promise<ExportedMembers> {
  const { client } = parts;
  // 43 characters of base64 hold 256 bits and two more, which are 0; the form asks for letters and digits.
  const { key, encodingAesKey } = makeKey();
  const ordered = await client.call("export/user", {}, signal, {
    encoding_aeskey: encodingAesKey,
    block_size: blockSize,
  });
  const jobid = member(ordered, "jobid");
  if (typeof jobid !== "string" || jobid === "") throw nonsense("an export without jobid");
  const list = await resultOf(parts, jobid, signal);
  await checkRoom(parts.directory ?? tmpdir(), list);
  const directory = await mkdtemp(join(parts.directory ?? tmpdir(), "export-"));
  const close = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const files: string[] = [];
    for (const part of list) {
      const file = join(directory, String(files.length));
      await download(part, file, parts.files, signal);
      files.push(file);
    }
    const entries = async function* (): AsyncGenerator<Json> {
      for (const file of files) {
        signal.throwIfAborted();
        yield* jsonList(decryptStream(createReadStream(file), key), "userlist");
      }
    };
    let count = 0;
    for await (const entry of entries()) {
      count += 1;
      const user = parseMember(entry);
      if (user !== null) sample.compare(user);
    }
    return {
      count,
      async *members() {
        for await (const entry of entries()) yield parseMember(entry);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What stays free on the disk, whatever an export brings. Bytes. */
const keptFree = 256 * 1024 * 1024;

/** @throws {WecomFault} where the files would fill the disk */
async function checkRoom(directory: string, list: readonly ExportPart[]): Promise<void> {
  const needed = list.reduce((sum, { size }) => sum + size, 0);
  const { bavail, bsize } = await statfs(directory);
  if (needed + keptFree <= bavail * bsize) return;
  const megabytes = Math.ceil(needed / 1024 / 1024);
  throw failed(`Its files have ${megabytes} MB, and there is too little room for them in the directory for such`);
}

/** A key for one export: WeCom encrypts its files with it. */
function makeKey(): { readonly key: Buffer; readonly encodingAesKey: string } {
  for (;;) {
    const key = randomBytes(32);
    const encodingAesKey = key.toString("base64").replace("=", "");
    if (/^[A-Za-z0-9]{43}$/.test(encodingAesKey)) return { key, encodingAesKey };
  }
}

/** Waits until a job is done (doc path/94854), and gives its files. */
async function resultOf(
  { client, clock }: ExportParts,
  jobid: string,
  signal: AbortSignal,
): Promise<readonly ExportPart[]> {
  const until = clock.now() + patienceMs;
  for (let wait: number = pollMs.first; ; wait = Math.min(wait * 1.5, pollMs.longest)) {
    const answer = await client.call("export/get_result", { jobid }, signal);
    const status = Number(member(answer, "status"));
    if (status === 2) return requiredList(answer, "data_list").map(parsePart);
    if (status === 3) throw failed("WeCom says that the export failed");
    if (status !== 0 && status !== 1) throw nonsense("an export in a state that is not known");
    if (clock.now() >= until) throw failed("WeCom did not finish the export within half an hour");
    await clock.wait(wait, signal);
  }
}

function parsePart(value: Json): ExportPart {
  const url = isJsonObject(value) ? member(value, "url") : undefined;
  const size = isJsonObject(value) ? Number(member(value, "size")) : Number.NaN;
  const md5 = isJsonObject(value) ? member(value, "md5") : undefined;
  if (typeof url !== "string" || typeof md5 !== "string" || !Number.isSafeInteger(size) || size <= 0) {
    throw nonsense("an export's file without url, size or md5");
  }
  return { url, size, md5 };
}

function failed(says: string): WecomFault {
  return new WecomFault("wecom.export-failed", `${says}.`, { reaction: "object" });
}
