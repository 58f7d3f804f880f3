import type { Dispatcher } from "undici";
import type { HttpAnswer } from "./answer.ts";
import { addressRefused } from "./dispatcher.ts";
import { nonsense, unreachable, WecomFault } from "./fault.ts";

export interface TransportOptions {
  readonly dispatcher: Dispatcher;
  /** Scheme, host, port, and a path before `/cgi-bin` where there is one. */
  readonly baseUrl: URL;
  /** For one whole exchange, from connecting to the last byte. Milliseconds. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

/** A call to make: `path` as in `user/list`. With a `body` it is a POST. `query` may hold secrets. */
export interface ApiCall {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * Sends one call and brings back the whole answer.
 * Throws a {@link WecomFault} when none came, and the signal's reason when it is aborted.
 */
export async function exchange(options: TransportOptions, call: ApiCall, signal: AbortSignal): Promise<HttpAnswer> {
  signal.throwIfAborted();
  const { baseUrl } = options;
  // One controller a call: whoever asked may go away, and the time may run out.
  const controller = new AbortController();
  let timedOut = false;
  const giveUp = (): void => controller.abort();
  const timer = setTimeout(() => {
    timedOut = true;
    giveUp();
  }, options.timeoutMs);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const response = await options.dispatcher.request({
      origin: baseUrl.origin,
      path: `${baseUrl.pathname.replace(/\/+$/, "")}/cgi-bin/${call.path}?${new URLSearchParams(call.query)}`,
      method: call.body === undefined ? "GET" : "POST",
      headers: {
        accept: "application/json",
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: controller.signal,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    });
    return { status: response.statusCode, body: await readBounded(response.body, options.maxAnswerBytes) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WecomFault) throw error;
    // Not kept as the cause: what undici throws may describe the request, and the request holds the credential.
    throw faultOf(error, timedOut, baseUrl.origin);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}

async function readBounded(body: Dispatcher.ResponseData["body"], maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the stream and its connection.
    if (size > maxBytes) throw nonsense(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

function faultOf(error: unknown, timedOut: boolean, origin: string): WecomFault {
  const refusedBy = timedOut ? null : proxyStatus(error);
  if (refusedBy !== null) return proxyRefusal(origin, refusedBy);
  const why = timedOut ? "no answer in time" : networkCode(error);
  if (why !== addressRefused) return unreachable(origin, why);
  return new WecomFault(
    "wecom.address-refused",
    `${origin} leads to an address that this bridge may not connect to. If that is intended, allow it with BRIDGE_ALLOW_PRIVATE_ADDRESSES.`,
    { reaction: "connection" },
  );
}

/** What the proxy answered instead of opening the way; null for any other error. */
function proxyStatus(error: unknown): string | null {
  return error instanceof Error ? (/^Proxy response \((\d{3})\)/.exec(error.message)?.[1] ?? null) : null;
}

/** That it has trouble itself may pass; a rule of it stays until somebody changes it. */
function proxyRefusal(origin: string, status: string): WecomFault {
  const passing = status === "429" || status.startsWith("5");
  const what =
    status === "407"
      ? "asks for credentials, or for others than it got (407). Put them into the source's wecom.proxy, as in http://user:password@host:port"
      : `does not let it through to ${origin} (HTTP status ${status})${passing ? "" : ". Allow that in the proxy"}`;
  return new WecomFault("wecom.proxy-refused", `The source's proxy (wecom.proxy) ${what}.`, {
    reaction: passing ? "retry" : "connection",
    transient: passing,
  });
}

/** The `code` of a network error, which may lie in its cause or in the errors of several tried addresses. */
function networkCode(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return "connection failed";
  if (error instanceof AggregateError && error.errors.length > 0) return networkCode(error.errors[0], depth + 1);
  const code: unknown = "code" in error ? error.code : undefined;
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code;
  return networkCode(error.cause, depth + 1);
}
