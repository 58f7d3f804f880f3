/** The parameters of an address, by name without regard to case. */
export interface QueryParameters {
  /** The first of this name; null where there is none. */
  first(name: string): string | null;
  all(name: string): readonly string[];
}

const none: QueryParameters = { first: () => null, all: () => [] };

/**
 * Reads what stands behind the question mark. Names in any case: a `startindex` that is overlooked would answer another
 * question than the one that was asked.
 */
export function queryParameters(url: string): QueryParameters {
  const start = url.indexOf("?");
  if (start < 0) return none;
  const end = url.indexOf("#", start);
  const byName = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(url.slice(start + 1, end < 0 ? undefined : end))) {
    const key = name.toLowerCase();
    const known = byName.get(key);
    if (known) known.push(value);
    else byName.set(key, [value]);
  }
  const all = (name: string): readonly string[] => byName.get(name.toLowerCase()) ?? [];
  return { all, first: (name) => all(name)[0] ?? null };
}
