import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One call as it arrived. */
export interface Call {
  /** As in `user/list`. */
  readonly path: string;
  readonly method: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a script answers: a JSON object, or a function that writes something no API would. */
export type Reply = Readonly<Record<string, unknown>> | ((response: ServerResponse) => void);
export type Script = (call: Call) => Reply | Promise<Reply>;

export interface FakeWecom {
  readonly url: string;
  readonly calls: readonly Call[];
  /** How often a path was called. */
  count(path: string): number;
  close(): Promise<void>;
}

/** A server that answers by a script, over real HTTP. gettoken has an answer of its own unless the script gives one. */
export async function startFakeWecom(script: Readonly<Record<string, Script>>): Promise<FakeWecom> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://fake");
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const call: Call = {
      path: url.pathname.replace(/^.*\/cgi-bin\//, ""),
      method: request.method ?? "",
      query: Object.fromEntries(url.searchParams),
      body: text === "" ? undefined : JSON.parse(text),
    };
    calls.push(call);
    const handler = script[call.path] ?? (call.path === "gettoken" ? () => token("the-token") : undefined);
    const reply = handler ? await handler(call) : (response: ServerResponse) => send(response, 404, "no such path");
    if (typeof reply === "function") reply(response);
    else send(response, 200, JSON.stringify(reply));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    count: (path) => calls.filter((call) => call.path === path).length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function token(value: string, expiresIn = 7200): Reply {
  return { errcode: 0, errmsg: "ok", access_token: value, expires_in: expiresIn };
}

/** An error as WeCom words it, with an empty list beside it where there is one. */
export function refused(errcode: number, beside: Readonly<Record<string, unknown>> = {}): Reply {
  const errmsg = `not good, hint: [1639381541123456789], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
  return { errcode, errmsg, ...beside };
}

export function html(status = 200): Reply {
  return (response) => send(response, status, "<html><body>Sign in to the network</body></html>", "text/html");
}

export function status(code: number, text = "{}"): Reply {
  return (response) => send(response, code, text);
}

/** A whole HTTP answer that holds half of the JSON. */
export function halfJson(): Reply {
  return (response) => send(response, 200, '{"errcode":0,"errmsg":"ok","userlist":[{"userid":"a"');
}

/** Half of an HTTP answer: the connection breaks in the middle of the body. */
export function halfAnswer(): Reply {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "5000" });
    response.write('{"errcode":0,"userlist":[');
    setImmediate(() => response.destroy());
  };
}

export function reset(): Reply {
  return (response) => response.destroy();
}

/** The replies one after the other; the last one for ever. */
export function inTurn(...replies: readonly Reply[]): Script {
  let next = 0;
  return () => {
    const reply = replies[Math.min(next, replies.length - 1)];
    next += 1;
    return reply ?? {};
  };
}

function send(response: ServerResponse, code: number, text: string, type = "application/json"): void {
  response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
