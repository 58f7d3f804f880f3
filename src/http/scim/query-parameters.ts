/** The parameters of an address, by name without regard to case. */
export interface QueryParameters {
  /** The first of this name; null where there is none. */
  first(name: string): string | null;
  all(name: string): readonly string[];
}

const nothing: readonly string[] = [];
const none: QueryParameters = { first: () => null, all: () => nothing };

/**
 * Reads what stands behind the question mark, as `URLSearchParams` does: by hand, which takes half of the time. Names in
 * any case: a `startindex` that is overlooked would answer another question than the one that was asked.
 */
export function queryParameters(url: string): QueryParameters {
  const start = url.indexOf("?");
  if (start < 0) return none;
  const end = url.indexOf("#", start);
  const names: string[] = [];
  const values: string[] = [];
  for (const part of url.slice(start + 1, end < 0 ? undefined : end).split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    names.push(decode(equals < 0 ? part : part.slice(0, equals)).toLowerCase());
    values.push(equals < 0 ? "" : decode(part.slice(equals + 1)));
  }
  return {
    first(name) {
      // There are a few: looking through them costs less than a Map does.
      const index = names.indexOf(name.toLowerCase());
      return index < 0 ? null : (values[index] ?? null);
    },
    all(name) {
      const key = name.toLowerCase();
      return names.includes(key) ? values.filter((_, index) => names[index] === key) : nothing;
    },
  };
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // A percent sign that stands for itself, or bytes that are no UTF-8.
    return new URLSearchParams(`text=${text}`).get("text") ?? "";
  }
}
