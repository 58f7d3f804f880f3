import { randomBytes } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { readConfig } from "../src/config.ts";
import { makeLog } from "../src/lib/log.ts";
import { openParts } from "../src/wire.ts";
import { projectDir } from "./support/imports.ts";
import { startReceiver } from "./support/webhook-receiver.ts";

it("a webhook is judged by the address that is connected to, whatever it is called", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const open = async (allowed: string) => {
    const env = { BRIDGE_ALLOW_PRIVATE_ADDRESSES: allowed, BRIDGE_SCHEMAS_DIR: `${projectDir}/schemas` };
    const config = { ...readConfig(env), databaseUrl: "file::memory:" };
    const keys = { adminToken: "0123456789abcdef", encryptionKey: randomBytes(32) };
    const parts = await openParts({ ...config, ...keys }, makeLog("silent"), {
      watch: false,
      checkpoints: "elsewhere",
    });
    onTestFinished(() => parts.close());
    return (url: string) =>
      parts.edges.sendWebhook(
        { url, headers: { "content-type": "application/json" }, body: "{}" },
        AbortSignal.timeout(5000),
      );
  };
  const guarded = await open("false");
  // A name is looked up first: this one leads to the loopback address.
  const named = receiver.url.replace("127.0.0.1", "localhost");
  for (const url of [receiver.url, named])
    await expect(guarded(url)).rejects.toThrow(/not allowed|not be reached|refused/);
  expect(receiver.messages).toEqual([]);
  const free = await open("true");
  expect(await free(receiver.url)).toEqual({ status: 204, retryAfterMs: null });
  receiver.answer(500, { "Retry-After": "120" });
  expect(await free(receiver.url)).toEqual({ status: 500, retryAfterMs: 120_000 });
});
