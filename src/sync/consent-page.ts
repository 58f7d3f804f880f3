import { type ConsentAnswer, type ConsentDoor, type Source, SourceError } from "../source/source.ts";
import type { SourceRow } from "../store/store.ts";

/** The source could not be asked: why, for the log. No secrets, nothing of a person. */
export interface NotAsked {
  readonly failed: { readonly code: string; readonly errcode: number | null; readonly retryable: boolean };
}

/** The page of a source on which people agree. Each answers null where the source's settings do not suffice for it. */
export interface ConsentPage {
  /** The fields that can be given. */
  fields(row: SourceRow): Promise<readonly string[] | null>;
  /** The address of the source's own page, from which a browser comes back to `redirectUri`. */
  address(row: SourceRow, redirectUri: string, state: string): Promise<string | null>;
  /** Who came back with a code, and what he gave. */
  receive(row: SourceRow, code: string, signal: AbortSignal): Promise<ConsentAnswer | NotAsked | null>;
}

/** @param borrow opens a source for a while; closing it gives it back */
export function makeConsentPage(borrow: (row: SourceRow) => Source): ConsentPage {
  const at = async <T>(row: SourceRow, work: (door: ConsentDoor) => T | Promise<T>): Promise<T | null> => {
    const source = borrow(row);
    try {
      return source.consent === undefined ? null : await work(source.consent);
    } finally {
      await source.close();
    }
  };
  return {
    fields: (row) => at(row, ({ fields }) => fields),
    address: (row, redirectUri, state) => at(row, (door) => door.address(redirectUri, state)),
    async receive(row, code, signal) {
      try {
        return await at(row, (door) => door.receive(code, signal));
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        const { code: reason, errcode, retryable } = error;
        return { failed: { code: reason, errcode, retryable } };
      }
    },
  };
}
