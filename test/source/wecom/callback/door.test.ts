import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encryptMessage,
  type MessageFields,
  postedEvent,
  signedQuery,
} from "../../../../src/simulator/wecom/callback-message.ts";
import type { EventQuery } from "../../../../src/source/source.ts";
import { decrypt } from "../../../../src/source/wecom/callback/decrypt.ts";
import { makeEventDoor } from "../../../../src/source/wecom/callback/door.ts";
import { documented } from "./vectors.ts";

const keys = { token: "aToken1", encodingAesKey: `${"x".repeat(42)}A`, corpId: "wwcorp" };
const seconds = 1_700_000_000;
const door = makeEventDoor(keys);

function received(fields: MessageFields) {
  const { query, body } = postedEvent(keys, { corpId: keys.corpId, seconds, fields });
  return door.receive(Object.fromEntries(query), body);
}

const contact = (fields: MessageFields): MessageFields => ({
  FromUserName: "sys",
  CreateTime: seconds,
  MsgType: "event",
  Event: "change_contact",
  ...fields,
});

const key43 = fc
  .array(fc.constantFrom(..."ABCXYZabcxyz0189"), { minLength: 43, maxLength: 43 })
  .map((some) => some.join(""));

describe("the message format", () => {
  it("is the one of WeCom's own sample", () => {
    const { verification, message } = documented;
    const opens = makeEventDoor(documented.keys);
    expect(opens.verify(verification.query)).toEqual({ value: verification.plaintext });
    const body = `<xml><Encrypt><![CDATA[${message.encrypted}]]></Encrypt><AgentID>218</AgentID></xml>`;
    expect(opens.receive(message.query, body)).toMatchObject({ value: { name: "message", subjects: [] } });
  });

  it("takes an echostr whose plus signs were not encoded", () => {
    const { query, plaintext } = documented.verification;
    const asRead = { ...query, echostr: query.echostr.replaceAll("+", " ") };
    expect(makeEventDoor(documented.keys).verify(asRead)).toEqual({ value: plaintext });
  });

  it("gives back whatever was encrypted", () => {
    fc.assert(
      fc.property(key43, fc.string({ unit: "grapheme" }), fc.string(), (key, message, receiveId) => {
        expect(decrypt(key, encryptMessage(key, message, receiveId))).toEqual({ message, receiveId });
      }),
    );
  });

  it("never throws, whatever it is given for a ciphertext", () => {
    fc.assert(
      fc.property(key43, fc.uint8Array({ maxLength: 200 }), (key, bytes) => {
        decrypt(key, Buffer.from(bytes).toString("base64"));
      }),
    );
  });

  it("refuses a message of which any one bit is another", () => {
    const fields = contact({ ChangeType: "update_user", UserID: "ann" });
    const { query, body } = postedEvent(keys, { corpId: keys.corpId, seconds, fields });
    const encrypted = /CDATA\[([A-Za-z0-9+/=]{50,})\]/.exec(body)?.[1] ?? "";
    const bytes = Buffer.from(encrypted, "base64");
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const changed = body.replace(encrypted, flipped.toString("base64"));
        expect(door.receive(Object.fromEntries(query), changed)).toMatchObject({ refused: "unverifiable" });
      }),
      { numRuns: 300 },
    );
  });

  it.each(["msg_signature", "timestamp", "nonce"])("refuses a message with another %s", (name) => {
    const { query, body } = postedEvent(keys, { corpId: keys.corpId, seconds, fields: contact({}) });
    const signed: EventQuery = Object.fromEntries(query);
    const given = signed[name as keyof EventQuery] ?? "";
    const other = (given.startsWith("1") ? "2" : "1") + given.slice(1);
    expect(door.receive({ ...signed, [name]: other }, body)).toMatchObject({ refused: "unverifiable" });
    expect(door.receive({ ...signed, [name]: undefined }, body)).toMatchObject({ refused: "malformed" });
  });

  it("refuses what was made with another token, another key, or for another corp", () => {
    const posted = (of: typeof keys) => postedEvent(of, { corpId: of.corpId, seconds, fields: contact({}) });
    for (const other of [{ token: "another" }, { encodingAesKey: "y".repeat(43) }, { corpId: "wwother" }]) {
      const { query, body } = posted({ ...keys, ...other });
      expect(door.receive(Object.fromEntries(query), body)).toMatchObject({ refused: "unverifiable" });
    }
  });

  it.each([
    ["nothing", ""],
    ["JSON", "{}"],
    ["XML of something else", "<html><body/></html>"],
    ["a message without a ciphertext", "<xml><ToUserName>wwcorp</ToUserName></xml>"],
    ["two ciphertexts", "<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>"],
    ["a document type", '<!DOCTYPE xml [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'],
    ["what is nested without end", `<xml>${"<a>".repeat(20_000)}`],
    ["more elements than a message has", `<xml>${"<a/>".repeat(200)}<Encrypt>a</Encrypt></xml>`],
    ["names of a prototype", "<xml><__proto__><Encrypt>a</Encrypt></__proto__></xml>"],
  ])("calls %s malformed", (_, body) => {
    const query = { msg_signature: "0".repeat(40), timestamp: "1", nonce: "2" };
    expect(door.receive(query, body)).toMatchObject({ refused: "malformed" });
  });

  it("calls a signed message malformed that is no event to be understood", () => {
    for (const message of ["", "hello", "<xml><MsgType>event</MsgType></xml>", "<xml>"]) {
      const encrypted = encryptMessage(keys.encodingAesKey, message, keys.corpId);
      const body = `<xml><Encrypt>${encrypted}</Encrypt></xml>`;
      const opened = door.receive(Object.fromEntries(signedQuery(keys.token, encrypted, seconds)), body);
      expect(opened).toMatchObject({ refused: "malformed" });
    }
    expect(received(contact({ ChangeType: "update_user" }))).toMatchObject({ refused: "malformed" });
    expect(received(contact({ ChangeType: "update_party", Id: "many" }))).toMatchObject({ refused: "malformed" });
  });
});

describe("an event", () => {
  it.each([
    ["create_user", { UserID: "007", Name: "安", Department: "1,2" }, [{ kind: "user", key: "007" }]],
    ["update_user", { UserID: "Ann" }, [{ kind: "user", key: "ann" }]],
    [
      "update_user",
      { UserID: "Ann", NewUserID: "ANN" },
      [
        { kind: "user", key: "ann" },
        { kind: "user", key: "ann" },
      ],
    ],
    [
      "update_user",
      { UserID: "ann", NewUserID: "bob" },
      [
        { kind: "user", key: "ann", isGone: true },
        { kind: "user", key: "bob" },
      ],
    ],
    ["delete_user", { UserID: "ann" }, [{ kind: "user", key: "ann", isGone: true }]],
    ["create_party", { Id: 7, ParentId: 1 }, [{ kind: "department", key: "7" }]],
    ["update_party", { Id: "7", ParentId: 2 }, [{ kind: "department", key: "7" }]],
    ["delete_party", { Id: 7 }, [{ kind: "department", key: "7" }]],
    ["update_tag", { TagId: 3, AddUserItems: "ann,bob" }, [{ kind: "tag", key: "3" }]],
  ])("%s %j says what to look at", (ChangeType, fields, subjects) => {
    expect(received(contact({ ChangeType, ...fields }))).toMatchObject({ value: { name: ChangeType, subjects } });
  });

  it("of another userid says whose it was, and of another spelling nothing", () => {
    const of = (NewUserID: string) => received(contact({ ChangeType: "update_user", UserID: "Ann", NewUserID }));
    expect(of("Bob")).toMatchObject({ value: { renamed: { from: "ann", to: "bob" } } });
    expect(of("ANN")).not.toHaveProperty("value.renamed");
  });

  it("of a kind that nobody knows yet has everything looked at", () => {
    const value = { name: "change_contact", subjects: [{ kind: "everything", key: "" }] };
    expect(received(contact({ ChangeType: "merge_user", UserID: "ann" }))).toMatchObject({ value });
    const job = { ...contact({}), Event: "batch_job_result" };
    expect(received(job)).toMatchObject({ value: { ...value, name: "batch_job_result" } });
    const imported = { ...job, BatchJob: { JobId: "1", JobType: "sync_user", ErrCode: 0, ErrMsg: "ok" } };
    expect(received(imported)).toMatchObject({ value: { ...value, name: "batch_job_result" } });
  });

  it("of the end of an export leads to nothing: a read that orders one would lead to the next", () => {
    for (const JobType of ["export_user", "export_simple_user", "export_department", "export_taguser", "export_tag"]) {
      const BatchJob = { JobId: "1", JobType, ErrCode: 0, ErrMsg: "ok" };
      expect(received(contact({ Event: "batch_job_result", BatchJob }))).toMatchObject({ value: { subjects: [] } });
    }
  });

  it("of the app names the member whose sight of it changed", () => {
    for (const Event of ["subscribe", "unsubscribe"]) {
      const value = { name: Event, subjects: [{ kind: "user", key: "ann" }] };
      expect(received({ ...contact({}), Event, FromUserName: "Ann", AgentID: 1 })).toMatchObject({ value });
    }
    expect(received({ ...contact({}), Event: "enter_agent", FromUserName: "ann" })).toMatchObject({
      value: { name: "other", subjects: [] },
    });
  });
});
