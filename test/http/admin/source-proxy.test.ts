import { afterEach, beforeEach, expect, it } from "vitest";
import { type AdminFixture, makeAdminFixture, planted, wecomSource } from "../../support/admin.ts";

const url = "http://bridge:pl%40nted-password@proxy.example.com:3128";
let fixture: AdminFixture;
const request: AdminFixture["request"] = async (...args) => {
  const answer = await fixture.request(...args);
  expect(answer.text).not.toContain("nted-password");
  return answer;
};

beforeEach(async () => {
  fixture = await makeAdminFixture();
});

afterEach(async () => {
  expect(fixture.logLines.join("")).not.toContain("nted-password");
  await fixture.store.close();
});

const withProxy = (proxy: string) =>
  wecomSource("hq", { wecom: { corpId: "ww0123456789abcdef", corpSecret: planted.corpSecret, proxy } });
const stored = async () => {
  const row = await fixture.store.findSource("hq");
  return { setting: row?.settings.wecom?.proxy, secret: row?.secrets["/wecom/proxy"] };
};

it("with credentials is a secret as a whole", async () => {
  const made = await request("POST", "/api/v1/sources", withProxy(url));
  expect([made.status, made.body.wecom.proxy]).toEqual([201, "********"]);
  expect(await stored()).toEqual({ setting: undefined, secret: url });
  expect((await request("GET", "/api/v1/sources/hq")).body.wecom.proxy).toBe("********");
  expect((await request("GET", "/api/v1/sources")).body.items[0].wecom.proxy).toBe("********");
});

it("stays when its mask comes back, and when nothing is said of it", async () => {
  const { body } = await request("POST", "/api/v1/sources", withProxy(url));
  expect((await request("PATCH", "/api/v1/sources/hq", body)).status).toBe(200);
  expect((await request("PATCH", "/api/v1/sources/hq", { description: "x" })).status).toBe(200);
  expect(await stored()).toEqual({ setting: undefined, secret: url });
});

it("without credentials is shown, and leaves no credentials of an earlier one behind", async () => {
  await request("POST", "/api/v1/sources", withProxy(url));
  const plain = "http://proxy.example.com:3128";
  const { body } = await request("PATCH", "/api/v1/sources/hq", { wecom: { proxy: plain } });
  expect(body.wecom.proxy).toBe(plain);
  expect(await stored()).toEqual({ setting: plain, secret: undefined });
  await request("PATCH", "/api/v1/sources/hq", { wecom: { proxy: url } });
  expect(await stored()).toEqual({ setting: undefined, secret: url });
  expect((await request("PATCH", "/api/v1/sources/hq", { wecom: { proxy: null } })).body.wecom).not.toHaveProperty(
    "proxy",
  );
  expect(await stored()).toEqual({ setting: undefined, secret: undefined });
});

it("may not lead to an address that is not allowed, with credentials or without", async () => {
  await fixture.store.close();
  const asked: string[] = [];
  fixture = await makeAdminFixture({
    allowUrl: (each) => {
      asked.push(each);
      return each.includes("10.0.0.1") ? "is private" : null;
    },
  });
  for (const proxy of ["http://10.0.0.1:3128", "http://bridge:nted-password@10.0.0.1:3128"]) {
    const { status, body } = await request("POST", "/api/v1/sources", withProxy(proxy));
    expect([status, body.errors]).toEqual([400, [{ pointer: "/wecom/proxy", detail: "is private" }]]);
  }
  expect(asked).toEqual(["http://10.0.0.1:3128", "http://10.0.0.1:3128"]);
});

it.each([
  "socks5://bridge:nted-password@proxy.example.com",
  "http://bridge:nted-password%@proxy.example.com",
  "http://bri%3adge:nted-password@proxy.example.com",
  "http://bridge:nted-password@proxy.example.com/?x=1",
  "bridge:nted-password@proxy.example.com",
])("is refused when it is no URL of a proxy: %s", async (proxy) => {
  const { status, body } = await request("POST", "/api/v1/sources", withProxy(proxy));
  expect([status, body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([400, ["/wecom/proxy"]]);
});

it("is not known of a new source by its mask", async () => {
  const { status, body } = await request("POST", "/api/v1/sources", withProxy("********"));
  expect([status, body.errors]).toEqual([
    400,
    [{ pointer: "/wecom/proxy", detail: "stands for a secret that is not stored" }],
  ]);
});
