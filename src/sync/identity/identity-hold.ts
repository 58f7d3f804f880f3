import { uuidv7 } from "../../lib/uuid.ts";
import { isOtherName } from "../../plan/classify.ts";
import { otherHumanBeing } from "../../plan/same-person.ts";
import type { DirectoryChange, IdentityCase, NewIdentityCase } from "../../store/store.ts";
import type { Planned } from "../look-at-batch.ts";

/** How long a question about two people waits for an answer, in milliseconds: a week, as what a safeguard holds. */
export const askedForMs = 7 * 86_400_000;

/** A case as far as a plan needs it. */
export type Asked = NewIdentityCase & Pick<IdentityCase, "state">;

/**
 * What of a plan waits for somebody to say who is who, or was followed because an event told of it. Nothing else of the plan
 * is touched by it: a pair that is asked about is left as it is, on both sides.
 */
export class IdentityHold {
  readonly #asks: boolean;
  /** Open cases about two keys, by the key that has come. */
  readonly #newcomers = new Map<string, Asked>();
  /** The same by the resource that is gone. */
  readonly #leavers = new Map<string, Asked>();
  /** Of returns, in whatever state, by resource. */
  readonly #returns = new Map<string, Asked>();
  /** Moves to another key that were followed and are not in the directory yet, by resource. */
  readonly #moved = new Map<string, Asked>();
  readonly #new: NewIdentityCase[] = [];

  /** @param ask false: nobody is asked whether somebody who is back is the same */
  constructor(ask: boolean, cases: readonly Asked[] = []) {
    this.#asks = ask;
    for (const each of cases) this.#note(each);
  }

  /** Questions that this plan came upon, to be written down. */
  get asked(): readonly NewIdentityCase[] {
    return this.#new;
  }

  /** Somebody is on his way to another key. */
  get hasMoved(): boolean {
    return this.#moved.size > 0;
  }

  /** Who is on his way to another key that nobody else has. */
  get moves(): readonly Pick<Asked, "resourceId" | "from" | "to">[] {
    return [...this.#moved.values()].filter(({ otherId }) => otherId === null);
  }

  /** By the key of each newcomer of whom it is asked whether we know him: id of the one whom we know. */
  get meant(): ReadonlyMap<string, string> {
    const pairs = [...this.#newcomers].filter(([, { kind, otherId }]) => kind === "rename" && otherId === null);
    return new Map(pairs.map(([key, { resourceId }]) => [key, resourceId]));
  }

  /** How many questions are open. */
  get waiting(): number {
    const returns = [...this.#returns.values()].filter(({ state }) => state === "open");
    return new Set([...this.#newcomers.values(), ...this.#leavers.values(), ...returns].map(({ id }) => id)).size;
  }

  /** Asks whether two are one. */
  ask(about: Omit<NewIdentityCase, "id" | "isTold"> & { readonly isTold?: boolean }): void {
    const made = { isTold: false, ...about, id: uuidv7() };
    this.#new.push(made);
    this.#note({ ...made, state: "open" });
  }

  /** An event told of another key, and that was followed. */
  followed({ resourceId, from, to }: Pick<NewIdentityCase, "resourceId" | "from" | "to">): void {
    const about = { kind: "rename", otherId: null, evidence: [], isTold: true, expiresAt: null } as const;
    this.#note({ ...about, id: "", state: "accepted", resourceId, from, to });
  }

  /** What these are about is not so any more. */
  withdraw(cases: readonly Pick<Asked, "to" | "resourceId">[]): void {
    for (const { to, resourceId } of cases) {
      this.#newcomers.delete(to);
      this.#leavers.delete(resourceId);
      this.#returns.delete(resourceId);
    }
  }

  /** Whether this resource is on its way to another key. */
  isMoved(resourceId: string): boolean {
    return this.#moved.has(resourceId);
  }

  /** Why somebody does not leave now; null: nothing keeps him. */
  keepsLeaver(resourceId: string): string | null {
    const about = this.#leavers.get(resourceId);
    return about === undefined
      ? null
      : `it may be that he is here under another name (${about.to}): ${decideAt(about)}`;
  }

  /** What is planned for a person, as far as it is clear who he is. `waits`: nothing is done with him, memberships apart. */
  judge(each: Planned): { readonly each: Planned; readonly waits: boolean } {
    const { dirty, looked } = each;
    const { record, current } = dirty;
    const newcomer = this.#newcomers.get(record.key);
    if (newcomer !== undefined && (newcomer.kind === "exchange" || newcomer.otherId !== record.resourceId)) {
      const why = `it may be that he is known here by another name (${newcomer.from === record.key ? newcomer.to : newcomer.from})`;
      return { each: wait(each, `${why}: ${decideAt(newcomer)}`), waits: true };
    }
    if (looked.kind !== "change" || looked.change.status !== "planned") return { each, waits: false };
    const { change } = looked;
    if (current?.departed === true && !current.deleted) return this.#judgeReturn(each, change);
    const moved = this.#moved.get(record.resourceId);
    if (moved === undefined || change.before === null || change.after === null) return { each, waits: false };
    const because = moved.isTold
      ? `the source calls this person ${moved.to} now, and not ${moved.from}: an event said so, and a look found the same`
      : `the source calls this person ${moved.to} now, and not ${moved.from}: an administrator said that it is the same`;
    // Whom a person has said to be the same is not to wait for a person once more.
    const changesIdentity =
      change.changesIdentity || (moved.isTold && isOtherName("User", change.before, change.after));
    return { each: withChange(each, { ...change, because, changesIdentity }), waits: false };
  }

  #judgeReturn(each: Planned, change: DirectoryChange): { readonly each: Planned; readonly waits: boolean } {
    const { record } = each.dirty;
    const known = this.#returns.get(record.resourceId);
    const differing =
      change.before === null || change.after === null ? null : otherHumanBeing(change.before, change.after);
    const isSettled = known !== undefined && known.state !== "open" && known.state !== "declined";
    // Whom an administrator has led here under another key is no riddle. An event may be an old one: since it was told he may
    // have left, and somebody else may have got the key that he had last.
    // That is asked wherever events are followed.
    const moved = this.#moved.get(record.resourceId);
    const isLed = moved?.isTold === false;
    const asks = this.#asks || moved?.isTold === true;
    if (!asks || isSettled || differing === null || isLed) {
      return { each, waits: false };
    }
    if (known === undefined) {
      const about = { kind: "return", resourceId: record.resourceId, otherId: null, expiresAt: null } as const;
      this.ask({ ...about, from: record.key, to: record.key, evidence: differing });
    }
    const about = this.#returns.get(record.resourceId);
    const decided = about?.state === "declined" ? "he is another person, who is made with the next sync" : null;
    const open = `somebody had left who was known by this, and it may be another person (another ${differing.join(", ")})`;
    return { each: wait(each, decided ?? `${open}: ${about === undefined ? "" : decideAt(about)}`), waits: true };
  }

  #note(each: Asked): void {
    const { kind, state, from, to, resourceId } = each;
    if (kind === "return") this.#returns.set(resourceId, each);
    else if (state === "accepted") this.#moved.set(resourceId, each);
    else if (state === "open") {
      this.#newcomers.set(to, each);
      if (kind === "exchange") this.#newcomers.set(from, each);
      else this.#leavers.set(resourceId, each);
    }
  }
}

function decideAt({ id }: Pick<Asked, "id">): string {
  return `identity case ${id} waits for an answer`;
}

function wait(each: Planned, error: string): Planned {
  const { looked } = each;
  return looked.kind === "change" ? withChange(each, { ...looked.change, status: "skipped", error }) : each;
}

function withChange(each: Planned, change: DirectoryChange): Planned {
  return { ...each, looked: { kind: "change", change } };
}
