import { describe, expect, test } from "vitest";
import { judgeAnswer } from "../../../src/source/wecom/answer.ts";
import { WecomFault } from "../../../src/source/wecom/fault.ts";

function judge(text: string, status = 200): unknown {
  try {
    return judgeAnswer({ status, body: Buffer.from(text) });
  } catch (error) {
    return error;
  }
}

function faultOf(text: string, status = 200): Pick<WecomFault, "code" | "errcode" | "reaction" | "message"> {
  const fault = judge(text, status);
  if (!(fault instanceof WecomFault)) throw new Error("it was taken for an answer");
  return fault;
}

describe("an answer of WeCom", () => {
  test("with errcode 0 is what was asked for", () => {
    expect(judge('{"errcode":0,"errmsg":"ok","x":1}')).toEqual({ errcode: 0, errmsg: "ok", x: 1 });
  });

  test("without errcode is a success", () => {
    expect(judge('{"access_token":"t"}')).toEqual({ access_token: "t" });
  });

  test("with errcode as text is understood", () => {
    expect(judge('{"errcode":"0"}')).toEqual({ errcode: "0" });
    expect(faultOf('{"errcode":"60011","errmsg":"no"}').errcode).toBe(60011);
  });

  test("is an error by its errcode, whatever list lies beside it", () => {
    expect(faultOf('{"errcode":41001,"errmsg":"missing","userlist":[]}')).toMatchObject({ errcode: 41001 });
    expect(faultOf('{"errcode":60011,"department":[{"id":1}]}')).toMatchObject({ errcode: 60011, reaction: "object" });
  });

  test.each([
    ["HTML", "<!doctype html><html>", "HTML"],
    ["half of it", '{"errcode":0,"userlist":[{"us', "truncated"],
    ["nothing", "", "truncated"],
    ["no object", "[1,2]", "not a JSON object"],
    ["null", "null", "not a JSON object"],
  ])("that is %s is tried again", (_, text, words) => {
    expect(faultOf(text)).toMatchObject({ code: "wecom.nonsense", reaction: "retry" });
    expect(faultOf(text).message).toContain(words);
  });

  test("whose errcode is no number makes no sense", () => {
    expect(faultOf('{"errcode":{"a":1}}').code).toBe("wecom.nonsense");
    expect(faultOf('{"errcode":null}').code).toBe("wecom.nonsense");
    expect(faultOf('{"errcode":0.5}').code).toBe("wecom.nonsense");
  });

  test("with another HTTP status is judged by that, even if it looks like success", () => {
    expect(faultOf('{"errcode":0}', 502)).toMatchObject({ code: "wecom.nonsense", reaction: "retry" });
    expect(faultOf('{"errcode":0}', 302)).toMatchObject({ code: "wecom.nonsense", reaction: "object" });
    expect(faultOf('{"errcode":0}', 404)).toMatchObject({ code: "wecom.nonsense", reaction: "object" });
    expect(faultOf('{"errcode":0}', 429)).toMatchObject({ code: "wecom.rate-limited", reaction: "wait" });
  });

  test("is never quoted in the error", () => {
    expect(faultOf("<html>王小明 13800000000").message).not.toContain("王小明");
    expect(faultOf('{"name":"王小明').message).not.toContain("王小明");
  });

  test("keeps keys that look like parts of JavaScript as plain data", () => {
    const answer = judge('{"errcode":0,"__proto__":{"errcode":40001},"constructor":1}') as object;
    expect(Object.keys(answer)).toEqual(["errcode", "__proto__", "constructor"]);
    expect(judge('{"__proto__":{"errcode":40001}}')).not.toBeInstanceOf(Error);
  });
});
