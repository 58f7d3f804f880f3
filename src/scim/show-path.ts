/**
 * What a client wrote where an attribute path belongs, for a message: filters are left out, and anything that looks like no
 * path is not said again, for it may be about a person. Null then.
 */
export function showPath(text: string): string | null {
  if (text.length > longest) return null;
  const shown = text.replace(/\[.*\]/s, "[…]");
  return /^[A-Za-z][A-Za-z0-9:.$_-]*(?:\[…\][A-Za-z0-9:.$_-]*)?$/.test(shown) ? shown : null;
}

const longest = 200;
