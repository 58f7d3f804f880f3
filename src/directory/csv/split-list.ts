/** The parts of a cell with several values: by `;`, as well full-width, or a line break. Without those that are empty. */
export function splitList(text: string): readonly string[] {
  return text
    .split(/[;；\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
