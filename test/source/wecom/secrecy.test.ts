import { describe, expect, test } from "vitest";
import { makeLog } from "../../../src/lib/log.ts";
import { judgeAnswer } from "../../../src/source/wecom/answer.ts";
import { makeDispatcher } from "../../../src/source/wecom/dispatcher.ts";
import { WecomFault } from "../../../src/source/wecom/fault.ts";
import { exchange } from "../../../src/source/wecom/transport.ts";
import {
  halfAnswer,
  halfJson,
  html,
  type Reply,
  refused,
  reset,
  type Script,
  startFakeWecom,
  status,
} from "./fake-wecom.ts";
import { errorOf, expectNoSecrets, gather, secrets, setUp } from "./harness.ts";

const hostile = (errcode: number): Reply => ({
  errcode,
  errmsg: `bad ${secrets.corpSecret} ${secrets.token}, hint: [${secrets.token}], from ip: ${secrets.token}`,
});

const failures: readonly [string, Reply][] = [
  ["a server that repeats the secret", hostile(40001)],
  ["a server that repeats the token", hostile(40014)],
  ["a server that repeats the token to an untrusted address", hostile(60020)],
  ["an unknown code with the token", hostile(123456)],
  ["a redirect", (response) => response.writeHead(302, { location: `/x?access_token=${secrets.token}` }).end()],
  ["HTML", html()],
  ["HTTP 500", status(500, `access_token=${secrets.token}`)],
  ["half of the JSON", halfJson()],
  ["half of an answer", halfAnswer()],
  ["a reset connection", reset()],
  ["no HTTP at all", (response) => response.socket?.end(`access_token=${secrets.token}\r\n\r\n`)],
  ["invalid headers", (response) => response.socket?.end(`HTTP/1.1 200 OK\r\nbad ${secrets.token}\r\n\r\n`)],
  ["45009", refused(45009)],
];

const tree: Script = () => ({ errcode: 0, department: [{ id: 1, name: "总部", parentid: 0 }] });

describe("no secret and no token is in an error or a log line", () => {
  test.each(failures)("after %s at gettoken", async (_, failure) => {
    const { lines, log } = recordingLog();
    const { source } = await setUp({ gettoken: () => failure }, { log });
    expect(await errorOf(gather(source))).toMatchObject({ name: "SourceError" });
    expectNoSecrets(lines);
  });

  test.each(failures)("after %s at the tree", async (_, failure) => {
    const { lines, log } = recordingLog();
    const { source } = await setUp({ "department/list": () => failure }, { log });
    expect(await errorOf(gather(source))).toMatchObject({ name: "SourceError" });
    expect(lines.length).toBeGreaterThan(0);
    expectNoSecrets(lines);
  });

  test.each(failures)("after %s at a department", async (_, failure) => {
    const { source } = await setUp({
      "department/list": tree,
      "user/list": () => failure,
      "tag/list": () => ({ errcode: 0, taglist: [] }),
    });
    const read = await gather(source).then(
      ({ problems }) => problems,
      (error: unknown) => error,
    );
    expectNoSecrets(read);
    expect(read).not.toEqual([]);
  });

  test.each(failures)("after %s in a connection test", async (_, failure) => {
    const { source } = await setUp({ "department/list": tree, "user/list": () => failure, "tag/list": () => failure });
    const result = await source.test(new AbortController().signal);
    expect(result.ok).toBe(false);
    expectNoSecrets(result);
  });
});

test.each(failures)("already the fault of one call, after %s, holds nothing of the call", async (_, failure) => {
  const fake = await startFakeWecom({ "user/get": () => failure });
  const dispatcher = makeDispatcher({ connections: 1 });
  const options = { dispatcher, baseUrl: new URL(fake.url), timeoutMs: 5000, maxAnswerBytes: 4096 };
  const call = { path: "user/get", query: { access_token: secrets.token, corpsecret: secrets.corpSecret } };
  const error = await errorOf(exchange(options, call, new AbortController().signal).then(judgeAnswer));
  expect(error).toBeInstanceOf(WecomFault);
  await dispatcher.destroy();
  await fake.close();
});

function recordingLog() {
  const lines: string[] = [];
  return { lines, log: makeLog("trace", { write: (line) => void lines.push(line) }) };
}
