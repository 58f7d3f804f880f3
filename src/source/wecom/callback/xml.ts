import { XMLParser } from "fast-xml-parser";

// Nothing is made of a value but text (a userid may be `007`), no entity stands for anything, and what is nested deeper
// than WeCom nests is refused.
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  processEntities: false,
  maxNestedTags: 20,
});

/** The prolog may have a declaration, and nothing else: a document type can define entities, and WeCom sends none. */
const beginning = /^\s*(?:<\?xml[^>]{0,200}\?>\s*)?<xml>/;

/** Elements of a message that is not yet known to be WeCom's. It has four. */
export const mostElements = 50;

/**
 * Reads the texts of the elements directly below `<xml>`, in whatever order they stand, and of those in `BatchJob` as
 * `BatchJob.JobType`. Other elements with elements in them, and those that are there twice, are left out. Null for what is no message.
 *
 * @param most elements that are looked at; what has more is none
 */
export function readXml(text: string, most?: number): ReadonlyMap<string, string> | null {
  if (!beginning.test(text)) return null;
  // To count is cheap, to parse is not; an element has two of these, or three.
  if (most !== undefined && text.split("<", 3 * most).length >= 3 * most) return null;
  let root: unknown;
  try {
    root = (parser.parse(text) as Record<string, unknown>)["xml"];
  } catch {
    return null;
  }
  if (typeof root !== "object" || root === null) return null;
  const within = (root as { readonly BatchJob?: unknown }).BatchJob;
  return new Map([...textsOf(root), ...textsOf(within).map(([name, text]) => [`BatchJob.${name}`, text] as const)]);
}

function textsOf(element: unknown): readonly (readonly [string, string])[] {
  if (typeof element !== "object" || element === null) return [];
  return Object.entries(element).filter((entry): entry is [string, string] => typeof entry[1] === "string");
}
