import type { JsonObject } from "../../lib/json.ts";
import type { ReadPersonal } from "../../mapping/personal-fields.ts";

/** Somebody who is gone, or has come. */
export interface Person {
  readonly key: string;
  readonly resourceId: string;
  /** The source's object, as JSON. */
  readonly raw: string;
}

/** Two records that may be one human being. */
export interface Pair<Gone, Come> {
  readonly gone: Gone;
  readonly come: Come;
  /** Names of the fields in which they agree. */
  readonly fields: readonly string[];
}

/**
 * Finds those who are gone and have come again under another key, by fields that are one person's alone. A value that several
 * have on one side says nothing; of several who agree with somebody the one is meant who agrees in most, and nobody where two
 * do so equally.
 */
export class PairFinder<Gone extends Person, Come extends Person> {
  readonly #read: ReadPersonal;
  /** Who is gone by field and value; null: several had it. */
  readonly #gone = new Map<string, Gone | null>();
  readonly #agreeing = new Map<Gone, Map<Come, string[]>>();

  constructor(read: ReadPersonal) {
    this.#read = read;
  }

  addGone(person: Gone): void {
    for (const { name } of this.#valuesOf(person)) this.#gone.set(name, this.#gone.has(name) ? null : person);
  }

  /** After all who are gone. */
  addCome(person: Come): void {
    for (const { name, field } of this.#valuesOf(person)) {
      const gone = this.#gone.get(name);
      if (gone === undefined || gone === null) continue;
      const others = this.#agreeing.get(gone) ?? new Map<Come, string[]>();
      this.#agreeing.set(gone, others.set(person, [...(others.get(person) ?? []), field]));
    }
  }

  pairs(): readonly Pair<Gone, Come>[] {
    const all = [...this.#agreeing].flatMap(([gone, others]) =>
      [...others].map(([come, fields]) => ({ gone, come, fields })),
    );
    const best = (some: readonly Pair<Gone, Come>[]): Pair<Gone, Come> | null => {
      const most = Math.max(...some.map(({ fields }) => fields.length));
      const [first, second] = some.filter(({ fields }) => fields.length === most);
      return first !== undefined && second === undefined ? first : null;
    };
    const byCome = new Map<Come, Pair<Gone, Come>[]>();
    const byGone = new Map<Gone, Pair<Gone, Come>[]>();
    for (const pair of all) {
      byCome.set(pair.come, [...(byCome.get(pair.come) ?? []), pair]);
      byGone.set(pair.gone, [...(byGone.get(pair.gone) ?? []), pair]);
    }
    return all.filter(
      (pair) => best(byCome.get(pair.come) ?? []) === pair && best(byGone.get(pair.gone) ?? []) === pair,
    );
  }

  #valuesOf({ raw }: Person): readonly { readonly name: string; readonly field: string }[] {
    return this.#read(JSON.parse(raw) as JsonObject).map(({ field, value }) => ({
      name: `${field}\u0000${value}`,
      field,
    }));
  }
}
