/** Lines of one key within a window. */
const maxLines = 20;
const windowMs = 60_000;
const maxKeys = 1000;

interface Window {
  readonly since: number;
  lines: number;
  leftOut: number;
}

/**
 * Keeps what strangers can cause without end from filling the log: twenty lines a minute for each key.
 *
 * @returns how many lines of this key were left out since the last that was not; null: leave this one out as well
 */
export function makeLineBudget(now: () => number = Date.now): (key: string) => number | null {
  const windows = new Map<string, Window>();
  return (key) => {
    const at = now();
    let window = windows.get(key);
    if (window === undefined || at >= window.since + windowMs || at < window.since) {
      if (windows.size >= maxKeys) windows.clear();
      window = { since: at, lines: 0, leftOut: window?.leftOut ?? 0 };
      windows.set(key, window);
    }
    if (window.lines >= maxLines) {
      window.leftOut += 1;
      return null;
    }
    window.lines += 1;
    const { leftOut } = window;
    window.leftOut = 0;
    return leftOut;
  };
}
