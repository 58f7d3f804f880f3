import { z } from "zod";
import { CliError, type CliParts } from "./parts.ts";
import { plain } from "./text.ts";

export interface ApiClient {
  /**
   * Calls the management API and answers the parsed body.
   *
   * @param path below `/api/v1`, with a slash
   * @param body sent as JSON; a text as it is, for files that are JSON already
   * @param files what of the body came from files: a refusal names the places there
   * @throws {ApiRefusal} when the server refuses
   * @throws CliError when it can't be reached, or answers something else
   */
  call<S extends z.ZodType>(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    answer: S,
    body?: object | string,
    files?: readonly SentFile[],
  ): Promise<z.output<S>>;
}

/** One thing that is wrong with a request, as the server says it. */
export type RefusedItem = z.output<typeof refusedItem>;

/** The server said no. Nothing was done, unless its status is 5xx. */
export class ApiRefusal extends CliError {
  readonly status: number;
  readonly errors: readonly RefusedItem[];

  constructor(status: number, message: string, errors: readonly RefusedItem[]) {
    super(1, message);
    this.name = "ApiRefusal";
    this.status = status;
    this.errors = errors;
  }
}

/** A file whose content is part of a body. */
export interface SentFile {
  readonly path: string;
  /** JSON Pointer of the content within the body. */
  readonly pointer: string;
  placeOf(pointer: string): { readonly line: number; readonly column: number };
}

/** A client of the server that `BRIDGE_URL` and `BRIDGE_TOKEN` name. @throws CliError when they are missing or wrong */
export function makeApiClient({ fetch, env }: Pick<CliParts, "fetch" | "env">): ApiClient {
  const base = (env["BRIDGE_URL"]?.trim() || "http://127.0.0.1:8080").replace(/\/+$/, "");
  if (!URL.canParse(base) || !/^https?:\/\//.test(base)) {
    throw new CliError(2, "BRIDGE_URL: expected an http or https URL, such as http://127.0.0.1:8080");
  }
  const token = env["BRIDGE_TOKEN"]?.trim() ?? "";
  if (token === "") throw new CliError(2, "BRIDGE_TOKEN is not set: expected an administrator's token");
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CliError(2, "BRIDGE_TOKEN: expected printable ASCII without spaces");
  // A URL with a password in it is not repeated whole.
  const shown = new URL(base).host;

  return {
    async call(method, path, answer, body, files = []) {
      let response: Response;
      let text: string;
      try {
        response = await fetch(`${base}/api/v1${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            accept: "application/json",
            ...(body !== undefined && { "content-type": "application/json" }),
          },
          ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
          signal: AbortSignal.timeout(300_000),
        });
        text = await response.text();
      } catch (error) {
        throw new CliError(1, `The server at ${shown} can't be reached (${reasonOf(error)}). Is it running?`);
      }
      const parsed = parseJson(text);
      if (!response.ok) {
        const errors = problem.safeParse(parsed).data?.errors ?? [];
        throw new ApiRefusal(response.status, sayRefusal(response.status, parsed, shown, files), errors);
      }
      const result = answer.safeParse(parsed);
      if (!result.success) throw new CliError(1, `${shown} answered something else than this command understands.`);
      return result.data;
    },
  };
}

const refusedItem = z.object({
  pointer: z.string().optional(),
  parameter: z.string().optional(),
  detail: z.string(),
  line: z.number().optional(),
  column: z.number().optional(),
});

const problem = z.object({ detail: z.string(), errors: z.array(refusedItem).default([]) });

function sayRefusal(status: number, body: unknown, server: string, files: readonly SentFile[]): string {
  const parsed = problem.safeParse(body);
  if (!parsed.success) return `${server} answered with status ${status}, and not as a bridge does.`;
  const { detail, errors } = parsed.data;
  const hint = status === 401 ? " BRIDGE_TOKEN has to be an administrator's token." : "";
  const lines = errors.map(({ pointer, parameter, line, column, detail: what }) => {
    const sent = files.find((file) => pointer === file.pointer || pointer?.startsWith(`${file.pointer}/`));
    if (sent !== undefined && pointer !== undefined) {
      const below = pointer.slice(sent.pointer.length);
      const at = sent.placeOf(below);
      return `  ${sent.path}:${at.line}:${at.column} ${below}: ${what}`;
    }
    const place = line === undefined ? "" : `${line}:${column} `;
    return `  ${place}${pointer ?? parameter ?? ""}: ${what}`;
  });
  const [only, ...others] = errors;
  // Of one mistake the summary is that mistake.
  const isSaid = others.length === 0 && only !== undefined && hint === "" && detail.endsWith(only.detail);
  return (isSaid ? lines.map((line) => line.trim()) : [`${detail}${hint}`, ...lines]).map(plain).join("\n");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const outer = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // Several addresses were tried: each says the same.
  const cause = outer instanceof AggregateError ? (outer.errors[0] ?? outer) : outer;
  if (cause instanceof Error) return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
  return "unknown";
}
