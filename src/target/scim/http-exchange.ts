import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from "undici";
import type { AddressPolicy } from "../../lib/address.ts";
import { onAbort } from "./abort.ts";
import { dispatch } from "./dispatch.ts";
import { linger } from "./linger.ts";

/** One HTTP exchange's answer, read to its end. Header names in lower case; of a repeated header the first. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** True if the answer was longer than is read; `text` is empty then. */
  readonly tooLong: boolean;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Once it goes out it is not torn off at once by what ends the push, see {@link linger}. */
  readonly finishes?: boolean;
}

/** Sends a request and reads the answer. Throws an {@link ExchangeError} or, when stopped, the signal's reason. */
export interface HttpExchange {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Why there is no whole answer. `sent` false: the request never left, so it was certainly not carried out. */
export class ExchangeError extends Error {
  readonly sent: boolean;
  /** `answer`: one came, but it is no text. */
  readonly kind: "connect" | "interrupted" | "timeout" | "answer";

  constructor(kind: ExchangeError["kind"], message: string, sent: boolean, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "ExchangeError";
    this.kind = kind;
    this.sent = sent;
  }
}

export interface ExchangeOptions {
  /** Connections per origin, kept alive. */
  readonly concurrency: number;
  /** For everything from connecting to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Longest answer in bytes. */
  readonly maxAnswerBytes: number;
  /** Asked for the very address that is connected to, after name resolution: DNS rebinding can't get past it. */
  readonly allowAddress?: AddressPolicy | undefined;
  /** Certificates (PEM) of authorities that are trusted besides the public ones. */
  readonly ca?: string | undefined;
  /** URL of an HTTP or HTTPS proxy that every connection goes through, by CONNECT. */
  readonly proxy?: string | undefined;
  /** Hears of every exchange: the status (null: no answer came) and how long it took, in seconds. */
  readonly onExchange?: ((status: number | null, seconds: number) => void) | undefined;
}

/** HTTP over kept-alive connections (undici). Redirects are answers, not followed. */
export function makeHttpExchange(options: ExchangeOptions): HttpExchange {
  const agent = makeDispatcher(options);
  return {
    async send({ method, url, headers, body, finishes = false }, signal) {
      signal.throwIfAborted();
      // Behind a proxy the address is not connected to from here, but it must not be reached that way either.
      refuseAddress(url.hostname.replace(/^\[|\]$/g, ""), options.allowAddress);
      const { origin, pathname, search } = url;
      const content = { path: pathname + search, method: method as "GET", headers, body: body ?? null };
      const startedAt = performance.now();
      const sent = dispatch(agent, { origin, ...content }, options.maxAnswerBytes);
      let isStopped = false;
      const stop = (): void => {
        isStopped = true;
        sent.stop(signal.reason as Error);
      };
      const forget = finishes ? linger(signal, stop) : onAbort(signal, stop);
      const timer = setTimeout(() => sent.stop(timedOut(options.timeoutMs)), options.timeoutMs);
      try {
        const { status, headers, bytes } = await sent.answer;
        return { status, headers, text: bytes === null ? "" : toText(bytes), tooLong: bytes === null };
      } catch (error) {
        throw isStopped ? signal.reason : toExchangeError(error);
      } finally {
        clearTimeout(timer);
        forget();
        if (!isStopped) options.onExchange?.(sent.status(), (performance.now() - startedAt) / 1000);
      }
    },
    close: () => agent.close(),
  };
}

/** Connections of our own, or a proxy's. Then it is the proxy's address that is guarded: that is what is connected to. */
function makeDispatcher(options: ExchangeOptions): Dispatcher {
  const { concurrency: connections, proxy } = options;
  const connect = guardedConnect(options);
  // One timer of our own bounds the whole exchange; undici's bound the pauses in it.
  const shared = { connections, headersTimeout: 0, bodyTimeout: 0 };
  if (proxy === undefined) return new Agent({ ...shared, connect });
  return new ProxyAgent({
    ...shared,
    uri: proxy,
    requestTls: trusted(options),
    clientFactory: (origin) => new Pool(origin, { connections, connect }),
  });
}

/** The public authorities and those that were entered. Certificates are always verified. */
function trusted({ ca }: Pick<ExchangeOptions, "ca">): { readonly ca?: string[] } {
  return ca === undefined ? {} : { ca: [...rootCertificates, ca] };
}

function guardedConnect(options: ExchangeOptions): buildConnector.connector {
  const { timeoutMs, allowAddress } = options;
  const timeout = Math.min(timeoutMs, 10_000);
  const guard = allowAddress === undefined ? {} : { lookup: guardedLookup(allowAddress) };
  const connect = buildConnector({ timeout, ...trusted(options), ...guard });
  return (target, callback) => {
    // An address that is written in the URL is not looked up, so it is asked about here.
    try {
      refuseAddress(target.hostname.replace(/^\[|\]$/g, ""), allowAddress);
    } catch (error) {
      callback(error as ExchangeError, null);
      return;
    }
    connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(notConnected(error), null);
    });
  };
}

/** @throws ExchangeError for a host that is itself an address, and one that is not allowed */
function refuseAddress(host: string, allowAddress: AddressPolicy | undefined): void {
  if (allowAddress === undefined || isIP(host) === 0 || allowAddress(host)) return;
  throw new ExchangeError("connect", refusal(host), false);
}

function guardedLookup(allowAddress: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, "");
        return;
      }
      const allowed = addresses.filter(({ address }) => allowAddress(address));
      const first = allowed[0];
      if (first === undefined) callback(new ExchangeError("connect", refusal(hostname), false), "");
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(host: string): string {
  return `${host} is a private, local or reserved address, which is not allowed (BRIDGE_ALLOW_PRIVATE_ADDRESSES)`;
}

function timedOut(timeoutMs: number): ExchangeError {
  return new ExchangeError("timeout", `no complete answer within ${timeoutMs / 1000} s`, true);
}

function notConnected(error: Error): ExchangeError {
  if (error instanceof ExchangeError) return error;
  return new ExchangeError("connect", `no connection: ${reasonOf(error)}`, false, error);
}

function toExchangeError(error: unknown): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const refusedBy = proxyRefusal(error);
  if (refusedBy !== null) return new ExchangeError("connect", `no connection: ${refusedBy}`, false, error);
  // Behind a proxy the server's certificate is looked at here, before anything is sent.
  if (error instanceof Error && beforeSending.has(String("code" in error ? error.code : "")))
    return notConnected(error);
  return new ExchangeError("interrupted", `the connection broke: ${reasonOf(error)}`, true, error);
}

/** What the proxy said instead of opening the tunnel; null for any other error. */
function proxyRefusal(error: unknown): string | null {
  const status = error instanceof Error ? /^Proxy response \((\d+)\)/.exec(error.message)?.[1] : undefined;
  if (status === undefined) return null;
  return status === "407" ? "the proxy asks for credentials (407)" : `the proxy does not let it through (${status})`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  // With several addresses Node tries each, and only the errors inside say why.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code: unknown = inner instanceof Error && "code" in inner ? inner.code : undefined;
  return typeof code === "string" ? (knownReasons.get(code) ?? code) : error.name;
}

const knownReasons: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused (nothing listens there)"],
  ["ENOTFOUND", "the host name is not known"],
  ["EAI_AGAIN", "the host name could not be looked up just now"],
  ["ECONNRESET", "the server or something in between reset it"],
  ["UND_ERR_SOCKET", "the server or something in between closed it"],
  ["UND_ERR_CONNECT_TIMEOUT", "the server does not accept connections (timeout)"],
  ["CERT_HAS_EXPIRED", "the server's certificate has expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "the server's certificate is self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "the server's certificate comes from an authority that is not trusted here"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "the server does not send its certificate chain"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "the server's certificate comes from an authority that is not trusted here"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "the server's certificate is for another host name"],
  ["UND_ERR_PRX_TLS", "the server's certificate is for another host name"],
]);

const beforeSending: ReadonlySet<string> = new Set([
  ...[...knownReasons.keys()].filter((code) => /CERT|SIGNATURE/.test(code)),
  "UND_ERR_PRX_TLS",
]);

const utf8 = new TextDecoder("utf-8", { fatal: true });

function toText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new ExchangeError("answer", "the answer is not UTF-8 text", true, error);
  }
}
