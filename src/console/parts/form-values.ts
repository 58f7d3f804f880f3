// From what a form holds to what the management API takes.

/** Without members that are undefined, null or "", at any depth, and without objects that are empty then. */
export function withoutEmpty(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value)
    .map(([key, member]) => [key, typeof member === "string" ? member.trim() : withoutEmpty(member)] as const)
    .filter(([, member]) => member !== undefined && member !== null && member !== "");
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

/** The merge patch (RFC 7396) that turns one body into another: null for what is not there any more. */
export function mergePatchOf(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  return { ...cleared(before, after), ...withCleared(before, after) };
}

/** Null for each member that was there and is not any more. */
function cleared(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const gone = Object.keys(before).filter((key) => after[key] === undefined);
  return Object.fromEntries(gone.map((key) => [key, null]));
}

function withCleared(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const members = Object.entries(after).map(([key, member]) => {
    const was = before[key];
    if (!isObject(member) || !isObject(was)) return [key, member] as const;
    return [key, { ...cleared(was, member), ...withCleared(was, member) }] as const;
  });
  return Object.fromEntries(members);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
