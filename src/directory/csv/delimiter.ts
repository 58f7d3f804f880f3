/** What stands between cells, in the order in which they are tried. */
export const delimiters = [",", ";", "\t"] as const;

export type Delimiter = (typeof delimiters)[number];
