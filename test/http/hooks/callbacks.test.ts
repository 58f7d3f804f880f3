import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeCallbackRoutes } from "../../../src/http/hooks/callbacks.ts";
import {
  encryptMessage,
  type MessageFields,
  postedEvent,
  signedQuery,
} from "../../../src/simulator/wecom/callback-message.ts";
import type { SourceRow } from "../../../src/store/store.ts";
import { makeEventKeeper } from "../../../src/sync/keep-event.ts";
import { openDoor } from "../../../src/wire.ts";
import { type AdminFixture, makeAdminFixture } from "../../support/admin.ts";

const contacts = { token: "contactstoken", encodingAesKey: "c".repeat(43) };
const ofApp = { token: "apptoken", encodingAesKey: "a".repeat(43) };
const corpId = "ww0123456789abcdef";
const seconds = 1_772_352_000;

describe("the address that WeCom sends events to", () => {
  let fixture: AdminFixture;
  let source: SourceRow;
  let marked: number;
  let app: Hono;

  beforeEach(async () => {
    fixture = await makeAdminFixture();
    const { store, clock, parts } = fixture;
    const made = await fixture.request("POST", "/api/v1/sources", {
      name: "corp",
      type: "wecom",
      wecom: { corpId, corpSecret: "secret", callback: contacts, appCallback: ofApp },
    });
    source = (await store.findSource(made.body.id)) as SourceRow;
    marked = 0;
    const onMarked = (): void => {
      marked += 1;
    };
    const keepEvent = makeEventKeeper({ store, clock: () => clock.now, onMarked });
    app = new Hono().route("/wecom/callback", makeCallbackRoutes({ store, openDoor, keepEvent, log: parts.log }));
  });

  afterEach(() => fixture.store.close());

  const change = (fields: MessageFields): MessageFields => ({
    ...{ FromUserName: "sys", CreateTime: seconds, MsgType: "event", Event: "change_contact" },
    ...fields,
  });
  const post = async (fields: MessageFields, { keys = contacts, path = `/${source.id}`, corp = corpId } = {}) => {
    const { query, body } = postedEvent(keys, { corpId: corp, seconds, fields });
    return app.request(`/wecom/callback${path}?${query}`, { method: "POST", body });
  };
  const echo = (text: string, { keys = contacts, path = `/${source.id}` } = {}) => {
    const echostr = encryptMessage(keys.encodingAesKey, text, corpId);
    const query = signedQuery(keys.token, echostr, seconds);
    query.set("echostr", echostr);
    return app.request(`/wecom/callback${path}?${query}`);
  };
  const markedKeys = async () => (await fixture.store.markedPeople(source.id, 100)).map(({ key }) => key);

  it("answers its verification with the text itself, and nothing around it", async () => {
    const answer = await echo("1616140317555161061");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from("1616140317555161061"));
    expect(await (await echo("42", { keys: ofApp, path: `/${source.id}/app` })).text()).toBe("42");
  });

  it("answers an event once what it is about is written down, and wakes the engine", async () => {
    const answer = await post(change({ ChangeType: "update_user", UserID: "Ann" }));
    expect([answer.status, await answer.text()]).toEqual([200, "success"]);
    expect(await markedKeys()).toEqual(["ann"]);
    expect(marked).toBe(1);
    expect((await fixture.store.lastEvents(source.id)).contacts).toBe(fixture.clock.now);
  });

  it("has a token and a key of its own for the app's events", async () => {
    const path = `/${source.id}/app`;
    const fields = { ...change({}), Event: "subscribe", FromUserName: "bob" };
    expect((await post(fields, { path })).status).toBe(403);
    expect((await post(fields, { path, keys: ofApp })).status).toBe(200);
    expect(await markedKeys()).toEqual(["bob"]);
  });

  it("answers what concerns nothing that is read, and marks nothing", async () => {
    expect((await post({ MsgType: "text", Content: "hello", FromUserName: "ann" })).status).toBe(200);
    expect(await fixture.store.markedSources()).toEqual([]);
    expect(marked).toBe(0);
    expect((await fixture.store.lastEvents(source.id)).contacts).not.toBeNull();
  });

  it("refuses what can't be shown to come from WeCom with 403, what is no message with 400", async () => {
    const fields = change({ ChangeType: "update_user", UserID: "ann" });
    expect((await post(fields, { keys: { ...contacts, token: "another" } })).status).toBe(403);
    expect((await post(fields, { keys: { ...contacts, encodingAesKey: "d".repeat(43) } })).status).toBe(403);
    expect((await post(fields, { corp: "wwanother" })).status).toBe(403);
    expect((await echo("42", { keys: ofApp })).status).toBe(403);
    const url = `/wecom/callback/${source.id}`;
    expect((await app.request(url)).status).toBe(400);
    expect((await app.request(url, { method: "POST", body: "hello" })).status).toBe(400);
    expect(
      (await app.request(`${url}?msg_signature=a`, { method: "POST", body: "<xml><Encrypt>a</Encrypt></xml>" })).status,
    ).toBe(400);
    expect(await fixture.store.markedSources()).toEqual([]);
  });

  it("is not there for a source that is not, is disabled, or has no token for it", async () => {
    const fields = change({ ChangeType: "update_user", UserID: "ann" });
    expect((await post(fields, { path: "/nobody" })).status).toBe(404);
    expect((await post(fields, { path: "/corp" })).status).toBe(404);
    await fixture.request("PATCH", "/api/v1/sources/corp", { wecom: { callback: null } });
    expect((await post(fields)).status).toBe(403);
    expect((await echo("42")).status).toBe(403);
    await fixture.request("PATCH", "/api/v1/sources/corp", { wecom: { callback: contacts }, status: "disabled" });
    expect((await post(fields)).status).toBe(404);
    expect(await fixture.store.markedSources()).toEqual([]);
  });

  it("takes no body beyond its limit", async () => {
    const body = "x".repeat(4 * 1024 * 1024 + 1);
    const answer = await app.request(`/wecom/callback/${source.id}`, { method: "POST", body });
    expect(answer.status).toBe(413);
  });

  it("hears an event that is sent once more only once, and two of the same second both", async () => {
    const fields = change({ ChangeType: "update_user", UserID: "ann" });
    await post(fields);
    await post(fields);
    expect(marked).toBe(2);
    const [first] = await fixture.store.markedPeople(source.id, 1);
    await fixture.store.dropMarks(source.id, [first?.stamp ?? ""]);
    fixture.clock.now += 5000;
    expect((await post(fields)).status).toBe(200);
    expect(marked).toBe(2);
    expect(await markedKeys()).toEqual([]);
    await post({ ...fields, CreateTime: seconds + 1 });
    expect(await markedKeys()).toEqual(["ann"]);
  });

  it("marks nothing of a source that syncs only when somebody says so", async () => {
    await fixture.request("PATCH", "/api/v1/sources/corp", { sync: { automatic: false } });
    expect((await post(change({ ChangeType: "update_user", UserID: "ann" }))).status).toBe(200);
    expect(await fixture.store.markedSources()).toEqual([]);
  });

  it("says in the log what kind of event came, and never whom it is about", async () => {
    await post(change({ ChangeType: "update_user", UserID: "zhangwei", Name: "张伟", Mobile: "13800138000" }));
    await post(change({ ChangeType: "update_user", UserID: "zhangwei" }), { keys: ofApp });
    const lines = fixture.logLines.join("");
    expect(lines).toContain('"event":"update_user"');
    expect(lines).toContain("the signature does not fit");
    for (const hidden of [
      "zhangwei",
      "张伟",
      "13800138000",
      contacts.token,
      contacts.encodingAesKey,
      "msg_signature",
    ]) {
      expect(lines).not.toContain(hidden);
    }
  });
});
