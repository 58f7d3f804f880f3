/**
 * Orders texts by code point, as SQLite and PostgreSQL (`collate "C"`) order UTF-8. JavaScript's `<` orders UTF-16
 * units, by which an emoji would come before a full-width letter.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

// Surrogates stand for the characters beyond U+FFFF, which come after all others.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
