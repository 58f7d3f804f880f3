import type { DepartmentContext } from "../mapping/mapping.ts";
import type { ReadProblem, SourceTag } from "../source/source.ts";
import type { RecordStore } from "../store/store.ts";
import { tagRelationsOf } from "./prepare-record.ts";
import type { Seen } from "./seen.ts";
import { noTags, type TagContexts, type TagRecord, tagContexts } from "./tag-contexts.ts";

/** What has to be known when the last tag of a read has come. */
export interface TagReading {
  readonly store: Pick<RecordStore, "readRelations">;
  readonly sourceId: string;
  readonly departments: ReadonlyMap<string, DepartmentContext>;
  readonly problems: readonly ReadProblem[];
  /** The tags that the read brought. */
  readonly seen: Seen;
}

/**
 * The tags of a read, gathered as they come. Who carries which can be said once all are there. A tag that could not be
 * read is what it was last: then nobody's fingerprint changes, so nobody is mapped anew only because a source was busy, and
 * whoever is mapped for another reason keeps his tags.
 */
export class GatheredTags {
  readonly #records: TagRecord[] = [];
  #contexts: TagContexts | null = null;
  #unread = false;

  /** Takes tags that have come; of each only what is needed, since its `raw` holds names of all its people. */
  add(tags: readonly SourceTag[]): void {
    if (this.#contexts !== null) throw new Error("a source gives all tags before the first users");
    for (const { key, name, users, departments } of tags) this.#records.push({ key, name, users, departments });
  }

  /** No more tags come. To be called before the first person is looked at; later calls do nothing. */
  async settle({ store, sourceId, departments, problems, seen }: TagReading): Promise<void> {
    if (this.#contexts !== null) return;
    this.#unread = problems.some(({ unread }) => unread === "tags");
    if (this.#unread) for await (const tag of earlierTags(store, sourceId, seen)) this.#records.push(tag);
    this.#contexts = tagContexts(this.#records, departments);
  }

  /** Nobody carries any until the tags are settled. */
  get contexts(): TagContexts {
    return this.#contexts ?? noTags;
  }

  /** Tags could not be read, and there is none that was read earlier: that nobody carries any says nothing. */
  get unknown(): boolean {
    return this.#unread && this.#records.length === 0;
  }
}

/** Tags that this read did not bring, as an earlier one left them. */
async function* earlierTags(
  store: Pick<RecordStore, "readRelations">,
  sourceId: string,
  seen: Seen,
): AsyncGenerator<TagRecord> {
  for (let after = 0; ; ) {
    const page = await store.readRelations(sourceId, "tag", after, 50);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    for (const record of page) {
      if (seen.has(record.seq)) continue;
      yield tagRelationsOf(record);
    }
  }
}
