import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { wait } from "../../lib/wait.ts";
import type { Corp } from "./corp.ts";
import { type Endpoint, endpoints } from "./endpoints.ts";
import { ApiError, errmsgOf } from "./errors.ts";
import type { FaultAnswer, FaultSubject } from "./faults.ts";
import { type Caller, checkIp, type Gate } from "./gate.ts";
import type { Credential } from "./settings.ts";

type Ctx = Context<{ Bindings: HttpBindings }>;

/** Who calls, as far as the call tells before it is checked. */
interface Known {
  readonly corp: Corp | null;
  readonly credential: Credential | null;
}

/**
 * `/cgi-bin/…`: the calls of WeCom that read. Business errors are HTTP 200 with an `errcode`.
 * @param closing aborted when the simulator closes: hanging calls are cut off
 */
export function wecomApi(gate: Gate, closing: AbortSignal): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const inFlight = new Map<string, number>();

  app.all("/cgi-bin/gettoken", (c) => {
    const known = { corp: gate.corpOf(c.req.query("corpid")) ?? null, credential: null };
    return serve(c, "gettoken", known, () => gate.getToken(callerOf(c)), null);
  });

  for (const [name, endpoint] of endpoints) {
    app.all(`/cgi-bin/${name}`, async (c) => {
      const issued = gate.tokens.find(c.req.query("access_token") ?? "");
      const body = c.req.method === "POST" ? await c.req.text() : "";
      return serve(
        c,
        name,
        issued ?? { corp: null, credential: null },
        () => answer(c, name, endpoint, body),
        endpoint,
      );
    });
  }
  // Files of exports: whoever has the address may fetch them. Faults know them as `export/file`.
  app.get("/export-files/:corp/:id", async (c) => {
    const corp = gate.corpOf(c.req.param("corp")) ?? null;
    const file = corp?.exports.file(c.req.param("id")) ?? null;
    if (corp === null || file === null) return c.text("no such file", 403);
    return serve(c, "export/file", { corp, credential: null }, () => rangeOf(file.bytes, c.req.header("range")), null);
  });
  return app;

  /** The checks in their order, then the endpoint. */
  function answer(c: Ctx, name: string, endpoint: Endpoint, body: string): string | Uint8Array {
    const caller = callerOf(c);
    const { corp, credential } = gate.authenticate(caller);
    checkIp(corp, credential, caller.ip);
    if (endpoint.isExempt?.(corp, caller.query) !== true) gate.checkFrequency(corp, name, caller);
    if (endpoint.method === "POST" && c.req.method !== "POST") throw new ApiError(40058);
    const { origin } = new URL(c.req.url);
    const made = endpoint.answer({ corp, credential, query: caller.query, body, origin });
    if (corp.limits.replyBytes > 0 && Buffer.byteLength(made) > corp.limits.replyBytes) throw new ApiError(45029);
    return made;
  }

  /** Counts the call, lets faults strike, words refusals. */
  async function serve(
    c: Ctx,
    name: string,
    { corp, credential }: Known,
    make: () => string | Uint8Array | Response,
    endpoint: Endpoint | null,
  ): Promise<Response> {
    const { ip } = callerOf(c);
    const refuse = (errcode: number, message: string) => {
      const empty = endpoint?.list ? { [endpoint.list]: [] } : {};
      return json(JSON.stringify({ errcode, errmsg: errmsgOf(errcode, message, ip), ...empty }));
    };
    const judged = () => {
      try {
        gate.checkBan(callerOf(c), (corp ?? gate.corps[0])?.now() ?? 0);
        return make();
      } catch (error) {
        if (error instanceof ApiError) return refuse(error.errcode, error.message);
        throw error;
      }
    };
    if (!corp) return asResponse(judged());
    corp.requests.set(name, (corp.requests.get(name) ?? 0) + 1);
    const running = enter(c, `${corp.credentials.corpId} ${name}`);
    const { delayMs, answer: fault } = corp.faults.strike(subjectOf(c, name, credential));
    const stopped = () => AbortSignal.any([closing, corp.faults.cleared]);
    if (delayMs > 0) await wait(delayMs, stopped()).catch(() => undefined);
    if (fault?.kind === "errcode") return refuse(fault.errcode, fault.errmsg ?? new ApiError(fault.errcode).message);
    if (fault?.kind === "empty" || fault?.kind === "short") return cutShort(asResponse(judged()), fault.kind, endpoint);
    if (fault) return misbehave(c, fault, () => asResponse(judged()), stopped);
    if (corp.limits.concurrent > 0 && running > corp.limits.concurrent)
      return refuse(45033, new ApiError(45033).message);
    return asResponse(judged());
  }

  /** Notes a call as running until its answer has gone out; says how many of the kind are running. */
  function enter(c: Ctx, key: string): number {
    const running = (inFlight.get(key) ?? 0) + 1;
    inFlight.set(key, running);
    c.env.outgoing.once("close", () => inFlight.set(key, (inFlight.get(key) ?? 1) - 1));
    return running;
  }
}

/** A file, or the part of it that is asked for (RFC 9110 §14). */
function rangeOf(bytes: Buffer, range: string | undefined): Response {
  const headers = { "content-type": "application/octet-stream", "accept-ranges": "bytes" };
  const found = /^bytes=([0-9]+)-([0-9]*)$/.exec(range ?? "");
  if (found === null) return new Response(bytes as Uint8Array<ArrayBuffer>, { headers });
  const from = Number(found[1]);
  const to = Math.min(bytes.length - 1, found[2] === "" ? bytes.length - 1 : Number(found[2]));
  if (from > to) return new Response(null, { status: 416, headers: { "content-range": `bytes */${bytes.length}` } });
  return new Response(bytes.subarray(from, to + 1) as Uint8Array<ArrayBuffer>, {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${from}-${to}/${bytes.length}` },
  });
}

/** An answer that looks right and is not: less than there is. */
async function cutShort(real: Response, kind: "empty" | "short", endpoint: Endpoint | null): Promise<Response> {
  const whole = (await real.json()) as Record<string, unknown>;
  const name = endpoint?.list ?? "";
  const list = whole[name];
  if (!Array.isArray(list)) return json(JSON.stringify(whole));
  const less = kind === "empty" ? [] : list.slice(0, Math.ceil(list.length / 2));
  const last = "next_cursor" in whole ? { next_cursor: "" } : {};
  return json(JSON.stringify({ ...whole, ...last, [name]: less }));
}

/** Answers as a broken network or a broken gateway does. */
async function misbehave(
  c: Ctx,
  fault: Exclude<FaultAnswer, { readonly kind: "errcode" | "empty" | "short" }>,
  real: () => Response,
  stopped: () => AbortSignal,
): Promise<Response> {
  const { outgoing } = c.env;
  switch (fault.kind) {
    case "html":
      return c.html("<html><body><h1>502 Bad Gateway</h1></body></html>", (fault.status ?? 200) as 200);
    case "status":
      return c.text("upstream error", fault.status);
    case "malformed": {
      const whole = await real().text();
      return json(whole.slice(0, Math.max(1, Math.floor(whole.length * 0.6))));
    }
    case "truncated": {
      const whole = Buffer.from(await real().arrayBuffer());
      outgoing.writeHead(200, { "content-type": jsonType, "content-length": whole.length });
      outgoing.write(whole.subarray(0, Math.floor(whole.length / 2)), () => outgoing.socket?.destroy());
      return RESPONSE_ALREADY_SENT;
    }
    case "hang":
      await new Promise<void>((resolve) => {
        stopped().addEventListener("abort", () => resolve(), { once: true });
        outgoing.once("close", () => resolve());
      });
      outgoing.socket?.destroy();
      return RESPONSE_ALREADY_SENT;
    case "reset":
      outgoing.socket?.resetAndDestroy();
      return RESPONSE_ALREADY_SENT;
    case "delay":
      return real();
  }
}

function callerOf(c: Ctx): Caller {
  const address = c.env.incoming.socket.remoteAddress ?? "";
  return { ip: address.replace(/^::ffff:/, ""), query: (name) => c.req.query(name) };
}

function subjectOf(c: Ctx, endpoint: string, credential: Credential | null): FaultSubject {
  const number = (...names: readonly string[]) => {
    const given = names.map((name) => c.req.query(name)).find((value) => value);
    return given === undefined ? null : Number(given);
  };
  const userid = c.req.query("userid") ?? null;
  return { endpoint, credential, userid, department: number("department_id", "id"), tag: number("tagid") };
}

const jsonType = "application/json; charset=UTF-8";

function asResponse(made: string | Uint8Array | Response): Response {
  return made instanceof Response ? made : json(made);
}

function json(body: string | Uint8Array): Response {
  return new Response(body as Uint8Array<ArrayBuffer> | string, { headers: { "content-type": jsonType } });
}
