import { createCipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decryptStream } from "../../../../src/source/wecom/export/decrypt-stream.ts";
import { jsonList } from "../../../../src/source/wecom/export/json-list.ts";
import { WecomFault } from "../../../../src/source/wecom/fault.ts";

/** As WeCom's page says, written once more: no code of the simulator, none of the bridge. */
function encrypt(plain: Buffer, key: Buffer): Buffer {
  const missing = 32 - (plain.length % 32);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(Buffer.concat([plain, Buffer.alloc(missing, missing)])), cipher.final()]);
}

/** Cuts bytes at these places, whatever they are. */
function chunksOf(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const cuts = fc.array(fc.nat(), { maxLength: 30 });

describe("the decryption of an export's file", () => {
  test("gives what was encrypted, wherever the pieces are cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), cuts, async (bytes, places) => {
        const key = randomBytes(32);
        const plain = Buffer.from(bytes);
        const pieces = chunksOf(encrypt(plain, key), places);
        expect(Buffer.concat(await gather(decryptStream(pieces, key)))).toEqual(plain);
      }),
    );
  });

  test.each([
    ["nothing at all", (bytes: Buffer) => bytes.subarray(0, 0)],
    ["half of a block", (bytes: Buffer) => bytes.subarray(0, bytes.length - 7)],
    ["all but the last block", (bytes: Buffer) => bytes.subarray(0, bytes.length - 32)],
  ])("refuses %s", async (_, cut) => {
    const key = randomBytes(32);
    const bytes = cut(encrypt(Buffer.from("zzzzz".repeat(30)), key));
    await expect(gather(decryptStream([bytes], key))).rejects.toBeInstanceOf(WecomFault);
  });
});

describe("the entries of a list in JSON that comes in pieces", () => {
  test("are those of JSON.parse, wherever the pieces are cut and whatever stands beside the list", async () => {
    const entry = fc.jsonValue({ maxDepth: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 12 }),
        fc.dictionary(fc.string(), entry, { maxKeys: 4 }),
        fc.boolean(),
        fc.constantFrom(undefined, 1),
        cuts,
        async (list, others, isFirst, indent, places) => {
          const beside = Object.fromEntries(Object.entries(others).filter(([name]) => name !== "userlist"));
          const object = isFirst ? { userlist: list, ...beside } : { ...beside, userlist: list };
          const text = JSON.stringify(object, null, indent);
          const found = await gather(jsonList(chunksOf(Buffer.from(text), places), "userlist"));
          expect(found).toEqual((JSON.parse(text) as { userlist: unknown }).userlist);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("are not given out of a text that breaks off: it is refused wherever that is", async () => {
    const text = Buffer.from(
      '{"errcode":0,"userlist":[{"userid":"甲\\"]}","department":[1]},{"userid":"b"}],"next":{"a":[]}}',
    );
    for (let end = 0; end < text.length; end += 1) {
      await expect(gather(jsonList([text.subarray(0, end)], "userlist"))).rejects.toBeInstanceOf(WecomFault);
    }
    expect(await gather(jsonList([text], "userlist"))).toHaveLength(2);
  });

  test.each([
    ['{"partylist":[1]}', "another list"],
    ['{"userlist":{"a":[1]}}', "an object in its place"],
    ['{"a":{"userlist":[1]}}', "the list deeper inside"],
    ["[1]", "no object"],
    ['{"userlist":[1]}{"userlist":[2]}', "two objects"],
    ['{"userlist":[1,]}', "a comma too many"],
    ['{"userlist":[1,,2]}', "a hole"],
    ['{"userlist":[{"a":1]}]}', "brackets that do not fit"],
    ["<html>busy</html>", "a page of a gateway"],
  ])("%s: %s is refused", async (text) => {
    await expect(gather(jsonList([Buffer.from(text)], "userlist"))).rejects.toBeInstanceOf(WecomFault);
  });
});
