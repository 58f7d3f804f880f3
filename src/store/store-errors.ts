// What may come of asking the store, beside an answer.

/** Another thing of this kind has the name already; of two that ask at once, in two processes, one gets this. */
export class NameTakenError extends Error {
  readonly kind: "source" | "target" | "SCIM client" | "webhook" | "administrator" | "provider";
  readonly taken: string;

  constructor(kind: NameTakenError["kind"], taken: string) {
    super(`there is a ${kind} "${taken}" already`);
    this.name = "NameTakenError";
    this.kind = kind;
    this.taken = taken;
  }
}

/** Something that was held, and is to be approved, is not what it was when it was shown: nothing was let through. */
export class HoldMovedError extends Error {
  /** How many of the held changes. */
  readonly moved: number;

  constructor(moved: number) {
    super(`${moved} of the held changes are of resources that changed since`);
    this.name = "HoldMovedError";
    this.moved = moved;
  }
}

/** Changes that were named for approval are none of the task, or wait no more: nothing was let through. */
export class NotHeldError extends Error {
  /** Places in the list, from 0, of ids that no change of the task has. */
  readonly unknown: readonly number[];
  /** Places of changes that are not held any more. */
  readonly settled: readonly number[];

  constructor(unknown: readonly number[], settled: readonly number[]) {
    super(`${unknown.length} of the changes are none of this task, ${settled.length} are not held any more`);
    this.name = "NotHeldError";
    this.unknown = unknown;
    this.settled = settled;
  }
}
