/** `none`: nothing that it reads was ever shown; `part`: some of it was not; `all`: nothing is missing. */
export type Sight = "all" | "part" | "none";

/** How much could be seen of these fields. */
export function sightOf(fields: readonly string[], unseen: ReadonlySet<string>): Sight {
  const hidden = fields.filter((field) => unseen.has(field)).length;
  if (hidden === 0) return "all";
  return hidden === fields.length ? "none" : "part";
}

/** The smaller of two. */
export function worse(a: Sight, b: Sight): Sight {
  if (a === "none" || b === "none") return "none";
  return a === "part" || b === "part" ? "part" : "all";
}
