import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { Dispatcher } from "undici";
import { nonsense, unreachable, WecomFault } from "../fault.ts";

/** A file of an export, as WeCom names it: `size` and `md5` are those of the ciphertext. */
export interface ExportPart {
  readonly url: string;
  readonly size: number;
  readonly md5: string;
}

export interface DownloadParts {
  readonly dispatcher: Dispatcher;
  /** Whether an address may be connected to that stands in the URL itself; names are judged when they are looked up. */
  readonly isAllowed: (url: URL) => boolean;
  /** For the answer to a request, and between two pieces of it. Milliseconds. */
  readonly timeoutMs: number;
}

/** What is asked for at once: what a broken connection costs at most. Bytes. */
const rangeBytes = 8 * 1024 * 1024;
const triesOfRange = 4;

/**
 * Fetches a file in ranges into a file of our own, as it comes, encrypted, and checks its size and MD5. What a broken
 * connection leaves out is asked for again from there on; a server that knows no ranges begins anew.
 * Throws a {@link WecomFault}; of the URL, which is as good as a password, nothing is said.
 */
export async function download(
  { url: text, size, md5 }: ExportPart,
  file: string,
  parts: DownloadParts,
  signal: AbortSignal,
): Promise<void> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw nonsense("an export's file without an address");
  if (!parts.isAllowed(url)) throw refusedAddress();
  const target = await open(file, "w", 0o600);
  try {
    const hash = createHash("md5");
    let done = 0;
    for (let tries = 0; done < size; ) {
      const from = done;
      try {
        for await (const piece of fetchRange(url, done, Math.min(size, done + rangeBytes), parts, signal)) {
          if (done + piece.length > size) throw nonsense("an export's file is longer than WeCom says");
          await writeAll(target, piece, done);
          hash.update(piece);
          done += piece.length;
        }
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof WecomFault) throw error;
      }
      tries = done > from ? 0 : tries + 1;
      if (tries >= triesOfRange) throw unreachable(url.origin, "an export's file could not be fetched");
    }
    if (hash.digest("hex") !== md5.toLowerCase())
      throw nonsense("an export's file is not the one that WeCom describes");
  } finally {
    await target.close();
  }
}

async function* fetchRange(
  url: URL,
  from: number,
  to: number,
  { dispatcher, timeoutMs }: DownloadParts,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { statusCode, body } = await dispatcher.request({
    ...{ origin: url.origin, path: `${url.pathname}${url.search}`, method: "GET", signal },
    ...{ headers: { range: `bytes=${from}-${to - 1}` }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
  });
  // 403 and 404: its address is good for two hours only. Later tries would get the same.
  if (statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 429) {
    await body.dump();
    throw nonsense(`an export's file is refused with HTTP status ${statusCode}`);
  }
  if (statusCode !== 206 && statusCode !== 200) {
    await body.dump();
    throw new Error(`HTTP status ${statusCode}`);
  }
  // Whoever knows no ranges sends all of it: what is there already is passed over.
  let skip = statusCode === 200 ? from : 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const piece = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - piece.length;
    if (piece.length > 0) yield piece;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

function refusedAddress(): WecomFault {
  return new WecomFault(
    "wecom.address-refused",
    "WeCom's export leads to an address that this bridge may not connect to.",
    { reaction: "object" },
  );
}
