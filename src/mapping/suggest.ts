/** `; did you mean "title"?` for a name that is nearly one of the known ones, or nothing. Case does not matter. */
export function didYouMean(name: string, known: readonly string[]): string {
  const within = known.filter((candidate) => name.length >= 3 && candidate.toLowerCase().includes(name.toLowerCase()));
  if (within.length === 1) return `; did you mean ${within[0]}?`;
  const [best] = known
    .map((candidate) => ({ candidate, distance: distanceBetween(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) => distance <= Math.max(1, Math.floor(Math.min(candidate.length, name.length) / 3)),
    )
    .sort((a, b) => a.distance - b.distance);
  return best ? `; did you mean ${best.candidate}?` : "";
}

/** Edits (insert, remove, replace, swap two neighbours) that turn one text into the other. */
function distanceBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 100) return Number.POSITIVE_INFINITY;
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
