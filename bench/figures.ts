/** One line of the result. */
export interface Figure {
  /** What was measured. */
  readonly path: string;
  readonly ours: string;
  /** The same work done by the simplest program that can do it, in the same run. Empty where there is none. */
  readonly floor: string;
  /** Null where there is no floor. */
  readonly ratio: number | null;
  readonly goal: string;
  /** Whether the goal was met; null where there is none. */
  readonly met: boolean | null;
}

/** Time against a floor: smaller is better. Milliseconds. */
export function slower(path: string, oursMs: number, floorMs: number, atMost: number | null): Figure {
  const ratio = oursMs / floorMs;
  const goal = atMost === null ? "" : `≤ ${atMost}`;
  return {
    path,
    ours: duration(oursMs),
    floor: duration(floorMs),
    ratio,
    goal,
    met: atMost === null ? null : ratio <= atMost,
  };
}

/** Throughput against a floor: larger is better. */
export function faster(path: string, unit: string, ours: number, floor: number, atLeast: number): Figure {
  const ratio = ours / floor;
  const text = (value: number): string => `${Math.round(value).toLocaleString("en")} ${unit}`;
  return { path, ours: text(ours), floor: text(floor), ratio, goal: `≥ ${atLeast}`, met: ratio >= atLeast };
}

/** A figure that stands for itself. */
export function alone(path: string, ours: string, goal = "", met: boolean | null = null): Figure {
  return { path, ours, floor: "", ratio: null, goal, met };
}

export function duration(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** @param share from 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The figures as a table for a terminal. */
export function table(figures: readonly Figure[]): string {
  const rows = [
    ["path", "ours", "floor", "ratio", "goal", ""],
    ...figures.map(({ path, ours, floor, ratio, goal, met }) => [
      path,
      ours,
      floor,
      ratio === null ? "" : ratio.toFixed(2),
      goal,
      met === null ? "" : met ? "met" : "MISSED",
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
