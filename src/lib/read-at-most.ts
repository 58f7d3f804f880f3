/**
 * The first bytes of a stream, at most this many: whoever is handed `/dev/zero`, or a file of some gigabytes, must not
 * run out of memory over it.
 */
export async function readAtMost(stream: AsyncIterable<Uint8Array | string>, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}
