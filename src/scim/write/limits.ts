/**
 * Beyond these a request that writes is refused: what it costs is bounded before anything is done. Together they keep
 * the dearest message (1,000 value paths over 1,000 elements) at about a second.
 */
export const writeLimits = {
  /** Operations of one PATCH; each attribute of a value without a path counts as one. */
  operations: 1_000,
  /** Members in one operation or body. */
  members: 100_000,
  /** Values of one multi-valued attribute other than `members`. */
  values: 1_000,
  /** Characters of a path. */
  pathLength: 8_192,
  /** Comparisons in the value path of an attribute other than `members`. */
  comparisons: 8,
} as const;
