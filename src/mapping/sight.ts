/**
 * `none`: nothing that it reads was ever shown; `part`: some of it was not; `all`: nothing is missing. `withdrawn`: somebody
 * gave some of it, and gives it no more; without a value what is there goes, though not all was shown.
 */
export type Sight = "all" | "part" | "none" | "withdrawn";

/** How much could be seen of these fields. */
export function sightOf(fields: readonly string[], unseen: ReadonlySet<string>): Exclude<Sight, "withdrawn"> {
  const hidden = fields.filter((field) => unseen.has(field)).length;
  if (hidden === 0) return "all";
  return hidden === fields.length ? "none" : "part";
}

/** The smaller of two. */
export function worse(a: Exclude<Sight, "withdrawn">, b: Exclude<Sight, "withdrawn">): Exclude<Sight, "withdrawn"> {
  if (a === "none" || b === "none") return "none";
  return a === "part" || b === "part" ? "part" : "all";
}
