import type { DirectoryWriting, Writer } from "../../directory/writing.ts";
import { referencesOf, withIds, withoutReferences } from "../../scim/bulk-references.ts";
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
  const results = await new BulkRun(request, writer, parts).run();
  return { schemas: [bulkResponseSchema], Operations: results };
}

/** An operation that is still to be done, by its place in the request. */
interface Open {
  readonly index: number;
  readonly operation: BulkOperation;
  readonly work: BulkWork;
}

class BulkRun {
  readonly #request: BulkRequest;
  readonly #writer: Writer;
  readonly #parts: BulkParts;
  /** Ids of what was made, by bulkId. */
  readonly #made = new Map<string, string>();
  readonly #results = new Map<number, object>();
  /** Made without what refers to each other, and to be completed. */
  readonly #incomplete: Open[] = [];
  #open: readonly Open[] = [];
  #errors = 0;

  constructor(request: BulkRequest, writer: Writer, parts: BulkParts) {
    this.#request = request;
    this.#writer = writer;
    this.#parts = parts;
  }

  async run(): Promise<readonly object[]> {
    const open: Open[] = [];
    for (const [index, operation] of this.#request.operations.entries()) {
      const { work } = operation;
      if (work instanceof ScimError) this.#fail(index, operation, work);
      else open.push({ index, operation, work });
    }
    this.#open = open;
    while (this.#open.length > 0 && !this.#isOver()) {
      const before = this.#open.length;
      await this.#round();
      if (this.#open.length === before && !this.#isOver()) await this.#breakCircle();
    }
    for (const one of this.#incomplete) if (!this.#isOver()) await this.#complete(one);
    return [...this.#results].sort(([a], [b]) => a - b).map(([, result]) => result);
  }

  /** Does all that refers to nothing that is still to be made. Changes of one resource keep their order. */
  async #round(): Promise<void> {
    const waiting: Open[] = [];
    const touched = new Set<string>();
    for (const [place, one] of this.#open.entries()) {
      if (this.#isOver()) {
        waiting.push(...this.#open.slice(place));
        break;
      }
      const lacking = this.#lackingOf(one.work);
      const lost = lacking.find((bulkId) => !this.#isToCome(bulkId));
      const target = one.work.id === null ? null : `${one.work.type} ${one.work.id}`;
      if (lost !== undefined) {
        const detail = `bulkId:${lost} is of no operation of this request that makes something, or of one that failed`;
        this.#fail(one.index, one.operation, new ScimError(409, null, detail));
      } else if (lacking.length > 0 || (target !== null && touched.has(target))) {
        if (target !== null) touched.add(target);
        waiting.push(one);
      } else await this.#perform(one, withIds(one.work, this.#made));
    }
    this.#open = waiting;
  }

  // RFC 7644 §3.7.1: what refers to each other is made first, and completed when all of it is there.
  async #breakCircle(): Promise<void> {
    const [first] = this.#open.filter(({ work }) => work.method === "POST");
    if (first === undefined) {
      for (const { index, operation } of this.#open) {
        this.#fail(index, operation, new ScimError(409, null, "It waits for what is never made"));
      }
      this.#open = [];
      return;
    }
    this.#open = this.#open.filter((one) => one !== first);
    const known = withIds(first.work, this.#made);
    await this.#perform(first, { ...known, data: known.data && withoutReferences(known.data) });
    if (this.#made.has(first.operation.bulkId ?? "")) this.#incomplete.push(first);
  }

  async #complete({ index, operation, work }: Open): Promise<void> {
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
    const isKnown = preconditionOf(work.version ?? undefined);
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
    const { work } = operation;
    const made = operation.bulkId === null ? undefined : this.#made.get(operation.bulkId);
    const id = work instanceof ScimError ? undefined : (work.id ?? made);
    // RFC 7644 §3.7.3: the location of all but a POST that made nothing.
    const location =
      work instanceof ScimError || id === undefined
        ? {}
        : { location: `${this.#parts.base}${endpointOf[work.type]}/${encodeURIComponent(id)}` };
    this.#note(index, operation, { ...location, status: String(error.status), response: makeErrorMessage(error) });
  }

  #note(index: number, { method, bulkId }: BulkOperation, outcome: object): void {
    this.#results.set(index, { method, ...(bulkId === null ? {} : { bulkId }), ...outcome });
  }

  #isOver(): boolean {
    const { failOnErrors } = this.#request;
    return failOnErrors !== null && this.#errors >= failOnErrors;
  }

  #lackingOf(work: BulkWork): readonly string[] {
    return [...referencesOf(work)].filter((bulkId) => !this.#made.has(bulkId));
  }

  #isToCome(bulkId: string): boolean {
    return this.#open.some(
      ({ index, operation, work }) =>
        operation.bulkId === bulkId && work.method === "POST" && !this.#results.has(index),
    );
  }
}
