import type { DirectoryWriting, Writer } from "../../directory/writing.ts";
import { bulkIdOf, referencesOf, withIds, withoutReferences } from "../../scim/bulk-references.ts";
import { type BulkOperation, type BulkRequest, type BulkWork, parseBulkRequest } from "../../scim/bulk-request.ts";
import { bulkResponseSchema, makeErrorMessage } from "../../scim/messages.ts";
import { ScimError } from "../../scim/scim-error.ts";
import type { ResourceRow } from "../../store/store.ts";
import { preconditionOf } from "./etag.ts";
import { endpointOf, locationOf, versionOf } from "./resource-text.ts";

/** What a bulk request may be at most (RFC 7644 §3.7.4): operations, and bytes of its body. */
export const bulkLimits = { maxOperations: 1000, maxPayloadSize: 4 * 1024 * 1024 } as const;

export interface BulkParts {
  readonly writing: DirectoryWriting;
  readonly base: string;
  /** Called with how many operations there are beyond the first, before any is done. */
  readonly charge?: (operations: number) => void;
  /** For what is no refusal: the others are done all the same. */
  readonly onError?: (error: unknown) => void;
}

/**
 * A bulk request from its body to the message that answers it (RFC 7644 §3.7). It is no transaction: each operation is
 * done or not by itself, in the order of the request as far as references allow.
 *
 * @throws {ScimError} for what is no bulk request, or too large
 */
export async function runBulk(body: unknown, writer: Writer, parts: BulkParts): Promise<object> {
  const request = parseBulkRequest(body, bulkLimits.maxOperations);
  parts.charge?.(Math.max(0, request.operations.length - 1));
  const results = await new BulkRun(request, writer, parts).run();
  return { schemas: [bulkResponseSchema], Operations: results };
}

/** An operation that is still to be done, by its place in the request. */
interface Open {
  readonly index: number;
  readonly operation: BulkOperation;
  /** BulkIds that it refers to, and that nothing has been made for yet when last looked at. */
  readonly lacking: Set<string>;
}

/** One that was made without what it refers to. */
interface Incomplete extends Open {
  readonly work: BulkWork;
}

class BulkRun {
  readonly #request: BulkRequest;
  readonly #writer: Writer;
  readonly #parts: BulkParts;
  /** Ids of what was made, by bulkId. */
  readonly #made = new Map<string, string>();
  readonly #results = new Map<number, object>();
  /** BulkIds of what is still to be made. */
  readonly #toCome = new Set<string>();
  #open: readonly Open[] = [];
  #incomplete: readonly Incomplete[] = [];
  #errors = 0;

  constructor(request: BulkRequest, writer: Writer, parts: BulkParts) {
    this.#request = request;
    this.#writer = writer;
    this.#parts = parts;
  }

  async run(): Promise<readonly object[]> {
    this.#open = this.#request.operations.map((operation, index): Open => {
      const { work, bulkId } = operation;
      if (work instanceof ScimError) return { index, operation, lacking: new Set() };
      if (work.method === "POST" && bulkId !== null) this.#toCome.add(bulkId);
      return { index, operation, lacking: new Set(referencesOf(work)) };
    });
    while (this.#open.length + this.#incomplete.length > 0 && !this.#isOver()) {
      const before = this.#open.length + this.#incomplete.length;
      await this.#completeReady();
      await this.#round();
      const after = this.#open.length + this.#incomplete.length;
      if (after === before && !this.#isOver()) await this.#breakCircle();
    }
    for (const { index, operation } of this.#incomplete) {
      this.#fail(index, operation, new ScimError(409, null, "It was made, but without what it refers to"));
    }
    return [...this.#results].sort(([a], [b]) => a - b).map(([, result]) => result);
  }

  /** Does all that refers to nothing that is still to be made. Changes of one resource keep their order. */
  async #round(): Promise<void> {
    const waiting: Open[] = [];
    const touched = new Set<string>();
    for (const [place, one] of this.#open.entries()) {
      const { index, operation } = one;
      const { work } = operation;
      if (this.#isOver()) {
        waiting.push(...this.#open.slice(place));
        break;
      }
      if (work instanceof ScimError) {
        this.#fail(index, operation, work);
        continue;
      }
      const lost = this.#findLost(one);
      const target = work.id === null ? null : `${work.type} ${work.id}`;
      if (lost !== null) {
        this.#fail(index, operation, lostReference(lost));
      } else if (one.lacking.size > 0 || this.#isIncomplete(work.id) || (target !== null && touched.has(target))) {
        if (target !== null) touched.add(target);
        waiting.push(one);
      } else await this.#perform(one, withIds(work, this.#made));
    }
    this.#open = waiting;
  }

  // RFC 7644 §3.7.1: what refers to each other is made first, and completed when all of it is there.
  async #breakCircle(): Promise<void> {
    for (const one of this.#open) {
      const { operation } = one;
      const { work } = operation;
      if (work instanceof ScimError || work.method !== "POST") continue;
      this.#open = this.#open.filter((other) => other !== one);
      const known = withIds(work, this.#made);
      await this.#perform(one, { ...known, data: known.data && withoutReferences(known.data) });
      if (this.#made.has(operation.bulkId ?? "")) this.#incomplete = [...this.#incomplete, { ...one, work }];
      return;
    }
    for (const { index, operation } of this.#open) {
      this.#fail(index, operation, new ScimError(409, null, "It waits for what is never made"));
    }
    this.#open = [];
  }

  /** Before anything else is done to them: completing replaces all of a resource. */
  async #completeReady(): Promise<void> {
    const waiting: Incomplete[] = [];
    for (const [place, one] of this.#incomplete.entries()) {
      if (this.#isOver()) {
        waiting.push(...this.#incomplete.slice(place));
        break;
      }
      const lost = this.#findLost(one);
      if (lost !== null) this.#fail(one.index, one.operation, lostReference(lost));
      else if (one.lacking.size > 0) waiting.push(one);
      else await this.#complete(one);
    }
    this.#incomplete = waiting;
  }

  async #complete({ index, operation, work }: Incomplete): Promise<void> {
    const id = this.#made.get(operation.bulkId ?? "") ?? "";
    await this.#attempt(index, operation, async () => {
      const { data } = withIds(work, this.#made);
      const { row } = await this.#parts.writing.replace(work.type, id, data, this.#writer);
      this.#succeed(index, operation, 201, row);
    });
  }

  #perform({ index, operation }: Open, work: BulkWork): Promise<void> {
    const { writing } = this.#parts;
    const { type, data } = work;
    const id = work.id ?? "";
    const isKnown = preconditionOf({ ifMatch: work.version ?? undefined });
    return this.#attempt(index, operation, async () => {
      switch (work.method) {
        case "POST": {
          const { row } = await writing.create(type, data, this.#writer);
          this.#made.set(operation.bulkId ?? "", row.id);
          return this.#succeed(index, operation, 201, row);
        }
        case "PUT":
          return this.#succeed(
            index,
            operation,
            200,
            (await writing.replace(type, id, data, this.#writer, isKnown)).row,
          );
        case "PATCH":
          return this.#succeed(
            index,
            operation,
            200,
            (await writing.modify(type, id, data, this.#writer, isKnown)).row,
          );
        case "DELETE":
          await writing.remove(type, id, this.#writer, isKnown);
          return this.#note(index, operation, { location: locationOf({ type, id }, this.#parts.base), status: "204" });
      }
    });
  }

  async #attempt(index: number, operation: BulkOperation, work: () => Promise<void>): Promise<void> {
    // The store of a small installation answers without giving up the thread: others get their turn between two writes.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ScimError)) this.#parts.onError?.(error);
      const refusal =
        error instanceof ScimError
          ? error
          : new ScimError(500, null, "Something went wrong here; the server's log says what");
      this.#fail(index, operation, refusal);
    }
  }

  #succeed(index: number, operation: BulkOperation, status: 200 | 201, row: ResourceRow): void {
    const location = locationOf(row, this.#parts.base);
    this.#note(index, operation, { location, version: versionOf(row), status: String(status) });
  }

  #fail(index: number, operation: BulkOperation, error: ScimError): void {
    this.#errors += 1;
    const id = this.#idOf(operation);
    // RFC 7644 §3.7.3: the location of all but a POST that made nothing.
    const location =
      operation.place === null || id === null
        ? {}
        : { location: `${this.#parts.base}${endpointOf[operation.place.type]}/${encodeURIComponent(id)}` };
    this.#note(index, operation, { ...location, status: String(error.status), response: makeErrorMessage(error) });
  }

  #note(index: number, { method, bulkId, work }: BulkOperation, outcome: object): void {
    if (bulkId !== null && !(work instanceof ScimError) && work.method === "POST") this.#toCome.delete(bulkId);
    this.#results.set(index, { method, ...(bulkId === null ? {} : { bulkId }), ...outcome });
  }

  #idOf({ method, bulkId, place, work }: BulkOperation): string | null {
    if (method === "POST") return work instanceof ScimError ? null : (this.#made.get(bulkId ?? "") ?? null);
    const reference = place?.id == null ? null : bulkIdOf(place.id);
    return reference === null ? (place?.id ?? null) : (this.#made.get(reference) ?? null);
  }

  #isOver(): boolean {
    const { failOnErrors } = this.#request;
    return failOnErrors !== null && this.#errors >= failOnErrors;
  }

  /** A reference to what will not be made. What has been made is lacking no more. */
  #findLost({ lacking }: Open): string | null {
    for (const bulkId of lacking) {
      if (this.#made.has(bulkId)) lacking.delete(bulkId);
      else if (!this.#toCome.has(bulkId)) return bulkId;
    }
    return null;
  }

  #isIncomplete(id: string | null): boolean {
    const bulkId = id === null ? null : bulkIdOf(id);
    return bulkId !== null && this.#incomplete.some(({ operation }) => operation.bulkId === bulkId);
  }
}

function lostReference(bulkId: string): ScimError {
  const detail = `bulkId:${bulkId} is of no operation of this request that makes something, or of one that failed`;
  return new ScimError(409, null, detail);
}
