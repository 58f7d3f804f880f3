import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, test } from "vitest";
import { makeWecomSource } from "../../../src/source/wecom/wecom-source.ts";
import { errorOf, gather, setUp } from "./harness.ts";

const signal = new AbortController().signal;
const script = { "department/list": () => ({ errcode: 0, department: [{ id: 1, name: "总部", parentid: 0 }] }) };
const nowhere = (): boolean => false;
const credentials = { corpId: "ww0123456789abcdef", corpSecret: "s3cr3t-of-the-app" };

describe("the addresses that may be connected to", () => {
  test("are all where no policy is given", async () => {
    const { source } = await setUp(script);
    expect(await source.departments(signal)).toHaveLength(1);
  });

  test.each(["http://127.0.0.1:1", "http://[::1]:1", "http://0x7f000001:1", "http://2130706433"])(
    "leave out %s when it is refused, before anything is sent",
    (apiBaseUrl) => {
      expect(() => makeWecomSource({ ...credentials, apiBaseUrl, allowAddress: nowhere })).toThrow(
        expect.objectContaining({ code: "wecom.address-refused" }),
      );
    },
  );

  test("are judged after DNS: a name cannot lead where a number may not", async () => {
    const { fake } = await setUp(script);
    const asked: string[] = [];
    const allowAddress = (ip: string): boolean => {
      asked.push(ip);
      return false;
    };
    const source = makeWecomSource({
      ...credentials,
      apiBaseUrl: fake.url.replace("127.0.0.1", "localhost"),
      allowAddress,
    });
    const error = await errorOf(gather(source));
    await source.close();
    expect(error).toMatchObject({ code: "wecom.address-refused", retryable: false });
    expect(error.message).toContain("BRIDGE_ALLOW_PRIVATE_ADDRESSES");
    expect(asked).toContain("127.0.0.1");
    expect(fake.calls).toEqual([]);
  });

  test("are used when the policy allows them", async () => {
    const { fake } = await setUp(script);
    const source = makeWecomSource({
      ...credentials,
      apiBaseUrl: fake.url.replace("127.0.0.1", "localhost"),
      allowAddress: (ip) => ip === "127.0.0.1",
    });
    expect(await source.departments(signal)).toHaveLength(1);
    await source.close();
  });
});

describe("a proxy", () => {
  test("carries the calls, and gets no credential to see", async () => {
    const { fake } = await setUp(script);
    const seen: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, client) => {
      seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      const { hostname, port } = new URL(`http://${request.url}`);
      const upstream = connect(Number(port), hostname, () => {
        client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const source = makeWecomSource({ ...credentials, apiBaseUrl: fake.url, proxy: address });
    expect(await source.departments(signal)).toHaveLength(1);
    expect(fake.count("department/list")).toBe(1);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.join()).not.toContain("s3cr3t-of-the-app");
    await source.close();
    proxy.close();
    proxy.closeAllConnections();
  });

  test("that wants a password leaves no trace of it in the error", async () => {
    const proxy = createServer();
    proxy.on("connect", (_request, client) => client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    const source = makeWecomSource({
      ...credentials,
      apiBaseUrl: "http://127.0.0.1:9",
      proxy: `http://someone:the-token@127.0.0.1:${port}`,
      limits: { retries: 0 },
    });
    expect(await errorOf(gather(source))).toMatchObject({ code: "wecom.proxy-refused" });
    await source.close();
    proxy.close();
    proxy.closeAllConnections();
  });

  test("at an address that may not be connected to is refused", () => {
    expect(() => makeWecomSource({ ...credentials, proxy: "http://10.0.0.1:3128", allowAddress: nowhere })).toThrow(
      expect.objectContaining({ code: "wecom.address-refused" }),
    );
  });
});

test.each(["qyapi.weixin.qq.com", "ftp://qyapi.weixin.qq.com", "https://user:pw@host", "https://host/?x=1", ""])(
  "%j is no base URL",
  (apiBaseUrl) => {
    expect(() => makeWecomSource({ ...credentials, apiBaseUrl })).toThrow(
      expect.objectContaining({ name: "SourceError", code: "wecom.base-url-invalid" }),
    );
  },
);

test("a proxy that is no URL is refused", () => {
  expect(() => makeWecomSource({ ...credentials, proxy: "the-proxy:3128" })).toThrow(
    expect.objectContaining({ code: "wecom.proxy-invalid" }),
  );
});

test("nothing is sent before something is asked", async () => {
  const { fake, source } = await setUp(script);
  await source.close();
  expect(fake.calls).toEqual([]);
});
