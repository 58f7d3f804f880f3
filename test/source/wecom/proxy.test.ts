import { inspect } from "node:util";
import { expect, test } from "vitest";
import { makeLog } from "../../../src/lib/log.ts";
import { startConnectProxy } from "../../support/connect-proxy.ts";
import { errorOf, gather, setUp } from "./harness.ts";

const signal = new AbortController().signal;
const script = { "department/list": () => ({ errcode: 0, department: [{ id: 1, name: "总部", parentid: 0 }] }) };

// A password with everything that has to be encoded in a URL.
const password = "p@ss:w/ö%";
const encoded = encodeURIComponent(password);
const traces = [password, encoded, Buffer.from(`bridge:${password}`).toString("base64"), "bridge:"];

function expectNoTrace(value: unknown): void {
  const text = inspect(value, { depth: 20, showHidden: true, maxStringLength: null });
  for (const trace of traces) expect(text).not.toContain(trace);
}

test("a proxy gets the credentials of its URL, and carries all calls", async () => {
  const proxy = await startConnectProxy({ user: `bridge:${password}` });
  const url = `http://bridge:${encoded}@127.0.0.1:${proxy.port}`;
  const { source, fake } = await setUp(script, { proxy: url });
  expect(await source.departments(signal)).toHaveLength(1);
  expect(fake.calls.map(({ path }) => path)).toEqual(["gettoken", "department/list"]);
  expect(proxy.tunnels()).toBeGreaterThan(0);
  for (const { to } of proxy.asked) expect(to).toBe(new URL(fake.url).host);
  expect(JSON.stringify(fake.calls)).not.toContain("uthorization");
});

test.each(["bridge:", "bridge"])("so does one that wants a name alone (%s)", async (user) => {
  const proxy = await startConnectProxy({ user: "bridge:" });
  const { source } = await setUp(script, { proxy: `http://${user}@127.0.0.1:${proxy.port}` });
  expect(await source.departments(signal)).toHaveLength(1);
});

test.each([
  ["other credentials", 407, "credentials"],
  ["a rule of it", 403, "Allow that in the proxy"],
])("a proxy that refuses for %s (%i) is asked once, and named without its credentials", async (_, status, says) => {
  const lines: string[] = [];
  const log = makeLog("trace", { write: (line) => void lines.push(line) });
  const proxy = await startConnectProxy({ status });
  const { source } = await setUp(script, { proxy: `http://bridge:${encoded}@127.0.0.1:${proxy.port}`, log });
  const error = await errorOf(gather(source));
  expect(error).toMatchObject({ code: "wecom.proxy-refused", retryable: false });
  expect(error.message).toContain(says);
  expect(error.message).toContain(String(status));
  expect(proxy.asked).toHaveLength(1);
  expectNoTrace(error);
  expectNoTrace(await source.test(signal));
  expect(lines.length).toBeGreaterThan(0);
  expectNoTrace(lines);
});

test("a proxy with troubles of its own is asked again", async () => {
  const proxy = await startConnectProxy({ status: 503 });
  const { source } = await setUp(script, { proxy: `http://bridge:${encoded}@127.0.0.1:${proxy.port}` });
  const error = await errorOf(gather(source));
  expect(error).toMatchObject({ code: "wecom.proxy-refused", retryable: true });
  expect(proxy.asked).toHaveLength(4);
  expectNoTrace(error);
});

test("a proxy that is not there leaves no trace of its credentials", async () => {
  const { source } = await setUp(script, { proxy: `http://bridge:${encoded}@127.0.0.1:9` });
  const error = await errorOf(gather(source));
  expect(error).toMatchObject({ code: "wecom.unreachable", retryable: true });
  expectNoTrace(error);
});

test("a proxy's name cannot lead where its number may not", async () => {
  const proxy = await startConnectProxy();
  const { source } = await setUp(script, {
    apiBaseUrl: "http://192.0.2.1",
    proxy: `http://bridge:${encoded}@localhost:${proxy.port}`,
    allowAddress: (ip) => ip === "192.0.2.1",
  });
  const error = await errorOf(gather(source));
  expect(error).toMatchObject({ code: "wecom.address-refused", retryable: false });
  expect(proxy.asked).toEqual([]);
  expectNoTrace(error);
});
