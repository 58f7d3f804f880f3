/** Where a command writes: standard output and error, or a test's. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What the commands need. The ones that are programs of their own are handed in; each answers its exit code. */
export interface CliParts {
  /** `leaseMs`: how long a lease lasts when nobody renews it. */
  readonly serve: (options: { readonly leaseMs: number }) => Promise<number>;
  readonly demo: (options: { readonly once: boolean }) => Promise<number>;
  readonly simulator: (kind: "wecom" | "scim", args: readonly string[]) => Promise<number>;
  readonly fetch: typeof fetch;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opened by the commands that read it, and by no other. */
  readonly stdin: () => AsyncIterable<Uint8Array | string>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Between two looks at a running task; 500 when absent. */
  readonly pollMs?: number;
}

/** Ends a command with a sentence on standard error. 1: it failed; 2: it was called wrongly. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;

  constructor(exitCode: 1 | 2, message: string) {
    super(message);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}
