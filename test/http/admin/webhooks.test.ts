import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type AdminFixture, makeAdminFixture } from "../../support/admin.ts";
import { startReceiver, verifyMessage } from "../../support/webhook-receiver.ts";

let fixture: AdminFixture;
const request = (method: string, path: string, body?: unknown) => fixture.request(method, `/api/v1${path}`, body);

beforeEach(async () => {
  // The specification's library wants signatures of now.
  fixture = await makeAdminFixture({
    clock: Date.now,
    allowUrl: (url) => (url.includes("169.254.") ? "is a link-local address" : null),
  });
});
afterEach(() => fixture.store.close());

const form = (url: string, more: object = {}) => ({ name: "ops", url, events: ["task.held"], ...more });

async function makeReceiver() {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return receiver;
}

describe("webhooks", () => {
  it("are made with a secret that is shown once and stored encrypted", async () => {
    const { status, body, headers } = await request("POST", "/webhooks", form("https://hooks.example.com/a"));
    expect(status).toBe(201);
    expect(Buffer.from(body.secret.replace("whsec_", ""), "base64")).toHaveLength(32);
    expect(headers.get("location")).toBe(`http://bridge.test/api/v1/webhooks/${body.id}`);
    const { secret, ...rest } = body;
    expect((await request("GET", "/webhooks/ops")).body).toEqual(rest);
    expect((await request("GET", "/webhooks")).body.items).toEqual([rest]);
    const rows = await fixture.database.db.selectFrom("webhook").selectAll().execute();
    expect(JSON.stringify([rows, fixture.logLines])).not.toContain(secret.slice(6, 30));
    // What was read can be sent back.
    expect((await request("PATCH", "/webhooks/ops", rest)).body).toMatchObject({ id: body.id, status: "enabled" });
  });

  it.each([
    [{ url: "ftp://x" }, "/url"],
    [{ url: "http://169.254.169.254/latest" }, "/url"],
    [{ url: "https://user:pw@hooks.example.com/" }, "/url"],
    [{ events: [] }, "/events"],
    [{ events: ["task.begun"] }, "/events/0"],
    [{ name: "a b" }, "/name"],
    [{ secret: "whsec_mine" }, "/secret"],
  ])("refuse %j and say where", async (wrong, pointer) => {
    const { status, body } = await request("POST", "/webhooks", form("https://hooks.example.com/a", wrong));
    expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
  });

  it("are refused a name that another has, also when it is changed to it", async () => {
    await request("POST", "/webhooks", form("https://hooks.example.com/a"));
    expect((await request("POST", "/webhooks", form("https://hooks.example.com/b"))).status).toBe(409);
    await request("POST", "/webhooks", form("https://hooks.example.com/b", { name: "other" }));
    expect((await request("PATCH", "/webhooks/other", { name: "ops" })).status).toBe(409);
    expect((await request("PATCH", "/webhooks/other", { url: "http://169.254.1.1/" })).status).toBe(400);
  });

  it("are tested with a signed message, and the delivery is listed", async () => {
    const receiver = await makeReceiver();
    const { body: made } = await request("POST", "/webhooks", form(receiver.url));
    const { body } = await request("POST", "/webhooks/ops/test");
    expect(body).toEqual({ ok: true, checks: [{ name: "delivery", ok: true, detail: "it answered 204" }] });
    const [message] = receiver.messages;
    if (message === undefined) throw new Error("nothing came");
    verifyMessage(made.secret, message);
    expect(() => verifyMessage(made.secret, { ...message, text: message.text.replace("test", "tset") })).toThrow();
    expect(message.body).toMatchObject({ type: "webhook.test", data: { webhook: made.id } });
    receiver.answer(500);
    expect((await request("POST", "/webhooks/ops/test")).body).toMatchObject({ ok: false, checks: [{ ok: false }] });
    const { items } = (await request("GET", "/webhooks/ops/deliveries")).body;
    expect(items).toMatchObject([
      { state: "failed", attempts: 1, lastStatus: 500, nextTryAt: null, deliveredAt: null },
      {
        id: message.headers["webhook-id"],
        event: "webhook.test",
        state: "delivered",
        lastStatus: 204,
        lastError: null,
      },
    ]);
    expect((await request("GET", "/webhooks/ops/deliveries?state=failed")).body.items).toHaveLength(1);
    const first = (await request("GET", "/webhooks/ops/deliveries?limit=1")).body;
    const next = (await request("GET", `/webhooks/ops/deliveries?limit=1&cursor=${first.nextCursor}`)).body;
    expect([...first.items, ...next.items]).toEqual(items);
  });

  it("sign with both secrets for a day after a rotation", async () => {
    const receiver = await makeReceiver();
    const { body: made } = await request("POST", "/webhooks", form(receiver.url));
    const { body: rotated } = await request("POST", "/webhooks/ops/rotate-secret");
    expect(rotated.secret).not.toBe(made.secret);
    expect(Date.parse(rotated.previousSecretUntil) - Date.now()).toBeGreaterThan(86_000_000);
    await request("POST", "/webhooks/ops/test");
    const [message] = receiver.messages;
    if (message === undefined) throw new Error("nothing came");
    for (const secret of [made.secret, rotated.secret]) verifyMessage(secret, message);
    expect(String(message.headers["webhook-signature"]).split(" ")).toHaveLength(2);
  });

  it("that are disabled give up what waits; enabled again they forget why they were disabled", async () => {
    const { body } = await request(
      "POST",
      "/webhooks",
      form("https://hooks.example.com/a", { events: ["task.finished"] }),
    );
    await fixture.store.raiseEvents([{ type: "task.finished", data: {} }]);
    await fixture.store.updateWebhook(body.id, {
      status: "disabled",
      disabledBecause: "its receiver answered 410 (Gone)",
    });
    expect((await request("GET", "/webhooks/ops")).body).toMatchObject({
      status: "disabled",
      disabledBecause: expect.stringMatching(/410/),
    });
    await fixture.store.raiseEvents([{ type: "task.finished", data: {} }]);
    expect((await request("GET", "/webhooks/ops/deliveries")).body.items).toMatchObject([
      { state: "failed", attempts: 0, lastError: "the webhook was disabled" },
    ]);
    const { body: enabled } = await request("PATCH", "/webhooks/ops", { status: "enabled" });
    expect(enabled).toMatchObject({ status: "enabled", disabledBecause: null });
  });

  it("are gone when they are deleted", async () => {
    await request("POST", "/webhooks", form("https://hooks.example.com/a"));
    expect((await request("DELETE", "/webhooks/ops")).status).toBe(204);
    for (const [method, path] of [
      ["GET", "/webhooks/ops"],
      ["PATCH", "/webhooks/ops"],
      ["POST", "/webhooks/ops/test"],
      ["GET", "/webhooks/ops/deliveries"],
    ] as const) {
      expect((await request(method, path, method === "PATCH" ? {} : undefined)).status).toBe(404);
    }
  });
});
