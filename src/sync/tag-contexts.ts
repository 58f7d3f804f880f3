import type { DepartmentContext, TagContext } from "../mapping/mapping.ts";
import type { SourceTag, SourceUser } from "../source/source.ts";

/** What is needed of a tag: a `SourceTag` is one, fresh or read back from the store; its `raw` need not be kept for it. */
export type TagRecord = Pick<SourceTag, "key" | "name" | "users" | "departments">;

/** Who carries which tags. */
export interface TagContexts {
  /** The tags of a person, sorted by key; each once, however often he comes by it. */
  of(user: Pick<SourceUser, "key" | "departments">): readonly TagContext[];
}

/** Nobody carries a tag. */
export const noTags: TagContexts = { of: () => [] };

/**
 * Puts together who carries which tags: those whose list names him, and those that name one of his departments or a
 * department above it, since a tagged department stands for its whole subtree. Of departments that are not in the tree
 * it is not known what lies above them.
 *
 * A corp has up to a million members. Kept are only the tagged ones, and people with the same tags share one list.
 */
export function tagContexts(
  tags: Iterable<TagRecord>,
  departments: ReadonlyMap<string, Pick<DepartmentContext, "parent">>,
): TagContexts {
  const byKey = new Map([...tags].map((tag) => [tag.key, tag]));
  const sorted = [...byKey.values()].sort(compareKeys);
  if (sorted.length === 0) return noTags;
  const places = new Map<TagContext, number>();
  const users = new Map<string, TagList>();
  const own = new Map<string, TagList>();
  for (const { key, name, users: people, departments: units } of sorted) {
    const tag: TagContext = { key, name };
    places.set(tag, places.size);
    addTo(users, people, tag);
    addTo(own, units, tag);
  }
  const union = (a: TagList, b: TagList): TagList => unionOf(a, b, places);
  const inherited = inheritance(own, departments, union);
  return {
    of: (user) => user.departments.map(inherited).reduce(union, users.get(user.key) ?? none),
  };
}

type TagList = readonly TagContext[];

const none: TagList = [];

/** By number where both keys are numbers, so that 2 comes before 10; numbers before what is none. */
function compareKeys({ key: a }: TagRecord, { key: b }: TagRecord): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  if (isNumberA && Number(a) !== Number(b)) return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
}

// Tags come in their order, so adding one at the end keeps every list sorted.
function addTo(lists: Map<string, TagList>, keys: readonly string[], tag: TagContext): void {
  // One longer list for all that had the same one: memory grows with combinations of tags, not with people.
  const longer = new Map<TagList, TagList>();
  for (const key of keys) {
    const list = lists.get(key) ?? none;
    // A list may name somebody twice.
    if (list.at(-1) === tag) continue;
    const next = longer.get(list) ?? [...list, tag];
    longer.set(list, next);
    lists.set(key, next);
  }
}

/** The tags of a department with those of all above it; each department is worked out once, when it is first asked for. */
function inheritance(
  own: ReadonlyMap<string, TagList>,
  departments: ReadonlyMap<string, Pick<DepartmentContext, "parent">>,
  union: (a: TagList, b: TagList) => TagList,
): (key: string) => TagList {
  const known = new Map<string, TagList>();
  const ownOf = (key: string): TagList => own.get(key) ?? none;
  return (key) => {
    const way = new Set<string>();
    let at: string | null = key;
    while (at !== null && !known.has(at)) {
      // In a circle each is above each. Nothing is remembered, or it would matter who asks first.
      if (way.has(at)) return [...way].map(ownOf).reduce(union, none);
      way.add(at);
      at = departments.get(at)?.parent ?? null;
    }
    let list = (at === null ? undefined : known.get(at)) ?? none;
    for (const each of [...way].reverse()) {
      list = union(list, ownOf(each));
      known.set(each, list);
    }
    return list;
  };
}

function unionOf(a: TagList, b: TagList, places: ReadonlyMap<TagContext, number>): TagList {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  const placeOf = (tag: TagContext): number => places.get(tag) ?? 0;
  return [...new Set([...a, ...b])].sort((one, other) => placeOf(one) - placeOf(other));
}
