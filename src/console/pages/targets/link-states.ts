/** How somebody can stand at a target, in the order in which one looks at them. */
export const linkStates = ["synced", "pending", "failed", "protected", "paused"] as const;
