/** One check of a connection test. `detail` says what was found and, where it failed, what to do about it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface TestResult {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}
