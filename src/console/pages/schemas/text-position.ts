/** Where a place in a text begins, counted from 0; lines and columns from 1. Beyond its end: the end. */
export function offsetOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const end = text.indexOf("\n", at);
    if (end === -1) return text.length;
    at = end + 1;
  }
  return Math.min(text.length, at + Math.max(0, column - 1));
}

/** A JSON text as a value; null for what is none yet. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
