/**
 * The one way in which text is compared without regard to case: NFKC, then lower case (Unicode default mapping).
 * Done here and stored, so that SQLite and PostgreSQL need not agree on collations.
 */
export function foldCase(text: string): string {
  // ASCII is by far the most common and needs no normalisation.
  return isAscii(text) ? text.toLowerCase() : text.normalize("NFKC").toLowerCase();
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) return false;
  return true;
}
