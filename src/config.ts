import { isIP } from "node:net";
import { join } from "node:path";
import { parseAddressPolicy } from "./lib/address.ts";

/** Settings of a server process, from the environment. */
export interface Config {
  /** 0 lets the operating system choose. */
  readonly port: number;
  readonly host: string;
  /** `file:…` for SQLite or `postgres://…`, as `openStore` takes it. */
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly schemasDir: string;
  /** Without a slash at its end. Null when not set: then {@link defaultPublicUrl} of the port that was opened. */
  readonly publicUrl: string | null;
  /** Null when not set: then one is generated and kept in the data directory. */
  readonly adminToken: string | null;
  /** 32 bytes. Null when not set: then one is generated and kept in the data directory. */
  readonly encryptionKey: Buffer | null;
  /** All, none, or those of a list of CIDRs and addresses; `String()` of it is what `parseAddressPolicy` reads. */
  readonly allowPrivateAddresses: boolean | readonly string[];
  readonly logLevel: LogLevel;
}

export type LogLevel = (typeof logLevels)[number];

/** The environment is wrong: one line for each wrong variable. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * Reads the environment. A variable that is set to nothing counts as not set.
 *
 * @throws ConfigError that names each wrong variable, what was given (never a secret) and what is expected
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const read = <T>(name: string, fallback: T, parse: (text: string) => Parsed<T>): T => {
    const text = env[name]?.trim() ?? "";
    if (text === "") return fallback;
    const parsed = parse(text);
    if ("value" in parsed) return parsed.value;
    problems.push(`${name}: got ${parsed.got ?? quoted(text)}, expected ${parsed.expected}`);
    return fallback;
  };
  const dataDir = read("BRIDGE_DATA_DIR", "./data", parsePath);
  const config: Config = {
    port: read("PORT", 8080, parsePort),
    host: read("HOST", "127.0.0.1", parseHost),
    databaseUrl: read("DATABASE_URL", `file:${join(dataDir, "bridge.db")}`, parseDatabaseUrl),
    dataDir,
    schemasDir: read("BRIDGE_SCHEMAS_DIR", "./schemas", parsePath),
    publicUrl: read("BRIDGE_PUBLIC_URL", null, parsePublicUrl),
    adminToken: read("BRIDGE_ADMIN_TOKEN", null, parseToken),
    encryptionKey: read("BRIDGE_ENCRYPTION_KEY", null, parseKey),
    allowPrivateAddresses: read("BRIDGE_ALLOW_PRIVATE_ADDRESSES", false, parseAddresses),
    logLevel: read("BRIDGE_LOG_LEVEL", "info", parseLogLevel),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Where a server is reached when nothing else was said. */
export function defaultPublicUrl(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** `got` stands in for the text where that could be a secret. */
type Parsed<T> = { readonly value: T } | { readonly expected: string; readonly got?: string };

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

function parsePort(text: string): Parsed<number> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? { value: port } : { expected: "a port number from 0 to 65535" };
}

function parseHost(text: string): Parsed<string> {
  const name = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text);
  return name || isIP(text) !== 0 ? { value: text } : { expected: "a host name or an IP address, without port" };
}

function parsePath(text: string): Parsed<string> {
  return text.includes("\0") ? { expected: "a path" } : { value: text };
}

function parseDatabaseUrl(text: string): Parsed<string> {
  if (/^file:.*[^/]$/.test(text)) return { value: text };
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return { value: text };
  const expected = "file:PATH for SQLite or postgres://USER:PASSWORD@HOST/DATABASE for PostgreSQL";
  // A database URL holds a password: only its scheme is repeated, where it has one.
  const scheme = /^[a-z][a-z0-9+.-]{0,20}(?=:\/\/)/i.exec(text)?.[0];
  return { expected, got: scheme === undefined ? "a value without a known scheme" : `an unusable ${scheme}:// URL` };
}

function parsePublicUrl(text: string): Parsed<string> {
  const expected = "an http or https URL without user, password, query or fragment, such as https://bridge.example.com";
  if (!URL.canParse(text)) return { expected };
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return { expected, got: "a URL with a user or password in it" };
  const plain = /^https?:$/.test(url.protocol) && !/[?#]/.test(text);
  return plain ? { value: url.href.replace(/\/+$/, "") } : { expected };
}

function parseToken(text: string): Parsed<string> {
  const expected = "at least 16 characters of printable ASCII without spaces";
  if (/^[\x21-\x7e]{16,}$/.test(text)) return { value: text };
  return { expected, got: `${text.length} characters (not shown)` };
}

function parseKey(text: string): Parsed<Buffer> {
  const expected = "32 bytes as base64, such as `openssl rand -base64 32` makes";
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return { expected, got: "a value that is not base64 (not shown)" };
  const key = Buffer.from(text, "base64");
  return key.length === 32 ? { value: key } : { expected, got: `${key.length} bytes (not shown)` };
}

function parseAddresses(text: string): Parsed<boolean | readonly string[]> {
  const lower = text.toLowerCase();
  if (lower === "true" || lower === "false") return { value: lower === "true" };
  try {
    parseAddressPolicy(lower);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { expected: "true, false or a list of CIDRs such as 10.1.0.0/16,fd00::/8" };
  }
  return { value: lower.split(/[\s,]+/).filter((entry) => entry !== "") };
}

function parseLogLevel(text: string): Parsed<LogLevel> {
  const level = logLevels.find((each) => each === text.toLowerCase());
  return level === undefined ? { expected: `one of ${logLevels.join(", ")}` } : { value: level };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
