import { createHash } from "node:crypto";
import type { EventQuery, Opened, SuiteDoor, SuiteMessage } from "../../source.ts";
import { readEvent } from "../callback/event.ts";
import { ciphertextIn, echoedIn, type MessageKeys, malformed, openMessage } from "../callback/open-message.ts";
import { readXml } from "../callback/xml.ts";

/** The keys of one template or suite. */
export interface SuiteKeys {
  readonly suiteId: string;
  readonly token: string;
  readonly encodingAesKey: string;
}

/** What WeCom may have encrypted a message for. */
export interface SuiteDoorOptions {
  readonly suites: readonly SuiteKeys[];
  /**
   * Of the provider itself: WeCom's question whether somebody is there names it (WeCom's staff, forum), and providers have
   * met `create_auth` with it in the place of the suite's id. So both are taken; which suite a message is of says its
   * signature, and the message has to say the same.
   */
  readonly providerCorpId: string;
}

/**
 * Opens what WeCom sends to the one address of a provider's commands (指令回调, WeCom doc path/97172). Several suites may
 * have it, each with its own token and key: a message is of the one whose token signed it. Where some have the same, it is of
 * the one among them that it names.
 */
export function makeSuiteDoor({ suites, providerCorpId }: SuiteDoorOptions): SuiteDoor {
  const open = (query: EventQuery, ciphertext: string, ids: readonly string[]): Opened<Signed> => {
    const suiteIds: string[] = [];
    let text: string | null = null;
    let refused: Opened<never> = { refused: "unverifiable", why: "the provider has no template or suite" };
    for (const { suiteId, token, encodingAesKey } of suites) {
      const keys: MessageKeys = { token, encodingAesKey, receiveIds: [...ids, suiteId] };
      const opened = openMessage(keys, query, ciphertext);
      if ("value" in opened) {
        suiteIds.push(suiteId);
        text = opened.value;
      } else refused = opened;
    }
    return text === null ? refused : { value: { suiteIds, text } };
  };
  const verify = (query: EventQuery, ids: readonly string[]): Opened<string> => {
    const ciphertext = echoedIn(query);
    if (!ciphertext) return malformed("echostr is missing");
    const opened = open(query, ciphertext, ids);
    return "value" in opened ? { value: opened.value.text } : opened;
  };
  const receive = (query: EventQuery, body: string, ids: readonly string[]): Opened<Signed> => {
    const ciphertext = ciphertextIn(body);
    return ciphertext ? open(query, ciphertext, ids) : malformed("the body is not XML with an element Encrypt");
  };
  return {
    verify: (query) => verify(query, [providerCorpId]),
    receive(query, body) {
      const opened = receive(query, body, [providerCorpId]);
      if (!("value" in opened)) return opened;
      const { suiteIds, text } = opened.value;
      const fields = readXml(text);
      if (fields === null) return malformed("the message in it is no XML");
      const suiteId = fields.get("SuiteId");
      if (suiteId === undefined || !suiteIds.includes(suiteId)) {
        return { refused: "unverifiable", why: "it is about another suite than the one whose token signed it" };
      }
      const message = readSuiteMessage(suiteId, fields, text);
      return message === null ? malformed("the message in it can't be understood") : { value: message };
    },
    verifyData: (query, corpId) => verify(query, [providerCorpId, corpId]),
    receiveData(query, body, corpId) {
      const opened = receive(query, body, [corpId]);
      if (!("value" in opened)) return opened;
      const { suiteIds, text } = opened.value;
      const fields = readXml(text);
      const told = fields === null ? null : readEvent(fields);
      if (told === null) return malformed("the message in it is no event that can be understood");
      return { value: { suiteIds, event: { ...told, digest: digestOf(text) } } };
    },
  };
}

interface Signed {
  /** Those whose token and key it fits. */
  readonly suiteIds: readonly string[];
  readonly text: string;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

type Fields = ReadonlyMap<string, string>;

/**
 * WeCom doc path/90628 (tickets), path/90642 and path/97175 (authorisations), path/90639 and path/90640 (contacts).
 * Null where something is missing that an event of its kind always has.
 */
function readSuiteMessage(suiteId: string, fields: Fields, text: string): SuiteMessage | null {
  const seconds = Number(fields.get("TimeStamp"));
  if (!Number.isSafeInteger(seconds) || seconds <= 0) return null;
  const head = { suiteId, toldAt: seconds * 1000 };
  const corpId = textOf(fields, "AuthCorpId", 64);
  switch (fields.get("InfoType")) {
    case "suite_ticket": {
      const ticket = textOf(fields, "SuiteTicket", 1024);
      return ticket === null ? null : { ...head, kind: "ticket", ticket };
    }
    case "create_auth":
    case "reset_permanent_code": {
      const code = textOf(fields, "AuthCode", 1024);
      const purpose = fields.get("InfoType") === "create_auth" ? "create" : "reset";
      return code === null ? null : { ...head, kind: "code", purpose, code, state: textOf(fields, "State", 128) };
    }
    case "change_auth":
      return corpId === null ? null : { ...head, kind: "changed", corpId };
    case "cancel_auth":
      return corpId === null ? null : { ...head, kind: "cancelled", corpId };
    case "change_contact": {
      const told = readEvent(new Map([...fields, ["MsgType", "event"], ["Event", "change_contact"]]));
      if (told === null || corpId === null) return null;
      return { ...head, kind: "event", corpId, event: { ...told, digest: digestOf(text) } };
    }
    case undefined:
      return null;
    default:
      return { ...head, kind: "other" };
  }
}

function textOf(fields: Fields, name: string, most: number): string | null {
  const value = fields.get(name);
  return value === undefined || value === "" || value.length > most ? null : value;
}
