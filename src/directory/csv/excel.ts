// What Excel and WPS do to text that looks like a number, and what people do against it.

/** Text without the marks that keep Excel from reading it as a number or formula: `'0123`, `="0123"`. */
export function repairText(cell: string): string {
  const [, quoted] = /^="([^"]*)"$/.exec(cell) ?? [];
  if (quoted !== undefined) return quoted.trim();
  // Before a letter it is one of the text: 't Hooft.
  return /^'[\d+\-=@]/.test(cell) ? cell.slice(1).trim() : cell;
}

/** What Excel or another program lost of a text, as a sentence, or null where nothing is known to be lost. */
export function findDamage(text: string): string | null {
  if (/^[+-]?\d(?:\.\d+)?E\+\d{2,3}$/.test(text)) {
    return "Excel made a rounded number of the cell: format the column as text and enter it again";
  }
  if (/^#{3,}$/.test(text)) return "Excel wrote # for what is wider than the column: widen it and save the file again";
  if (text.includes("\ufffd")) return "A character of the cell was lost before the file was saved: enter it again";
  return formulaErrors.has(text) ? "The cell is an error of an Excel formula" : null;
}

const formulaErrors: ReadonlySet<string> = new Set([
  "#DIV/0!",
  "#N/A",
  "#NAME?",
  "#NULL!",
  "#NUM!",
  "#REF!",
  "#VALUE!",
]);
