export interface DiffLine {
  readonly op: " " | "+" | "-";
  readonly line: string;
}

/** What turns one text into another, line by line, by a longest common subsequence: files have some hundred lines. */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  // lengths[i][j]: of the longest common subsequence of what begins at line i of one and line j of the other.
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = lengths[i];
    for (let j = b.length - 1; row !== undefined && j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ op: " ", line: a[i] ?? "" });
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ op: "-", line: a[i] ?? "" });
      i += 1;
    } else {
      lines.push({ op: "+", line: b[j] ?? "" });
      j += 1;
    }
  }
  return lines;
}
