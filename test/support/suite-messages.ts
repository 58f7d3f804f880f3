import {
  encryptMessage,
  type MessageFields,
  messageXml,
  signedQuery,
} from "../../src/simulator/wecom/callback-message.ts";

/** The query and the body of a message of a suite, as WeCom would post it. */
export function suiteMessage(
  { token, encodingAesKey }: { readonly token: string; readonly encodingAesKey: string },
  fields: MessageFields,
  receiveId: string,
): { readonly query: string; readonly body: string } {
  const encrypted = encryptMessage(encodingAesKey, messageXml(fields), receiveId);
  const body = `<xml><ToUserName><![CDATA[${receiveId}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt><AgentID></AgentID></xml>`;
  return { query: String(signedQuery(token, encrypted, 1_409_735_669)), body };
}

/** The query with which WeCom asks whether somebody is there. */
export function suiteQuestion(
  { token, encodingAesKey }: { readonly token: string; readonly encodingAesKey: string },
  text: string,
  receiveId: string,
): string {
  const echostr = encryptMessage(encodingAesKey, text, receiveId);
  const query = signedQuery(token, echostr, 1_409_735_669);
  query.set("echostr", echostr);
  return String(query);
}
