/** Beyond these a request that writes is refused: what it costs is bounded, at about a second or two, before it is done. */
export const writeLimits = {
  /** Operations of one PATCH; each attribute of a value without a path counts as one. */
  operations: 1_000,
  /** Members in one operation or body. */
  members: 100_000,
  /** Values of one multi-valued attribute other than `members`. */
  values: 1_000,
  /** Bytes, in UTF-8, of what a resource is looked up by. */
  indexedBytes: 1_024,
  /**
   * Bytes of a document as JSON, in UTF-8. About half of what a body may have: who reads a resource can write it back, with
   * `id`, `meta` and `groups`, and with each Chinese character as six, as some clients write it.
   */
  documentBytes: 500_000,
  /** Characters of a path. */
  pathLength: 8_192,
  /** Comparisons of elements with values, in all of a PATCH. */
  comparisons: 500_000,
} as const;
