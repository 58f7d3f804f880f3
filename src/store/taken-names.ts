import type { SourceSettings } from "./store.ts";

/** Whom a userName belongs to that somebody else is to have. */
export interface NameHolder {
  readonly resourceId: string;
  readonly sourceName: string;
  /** Of a source that is on its way out: what that waits for, as far as it is known. Null: it is not ending. */
  readonly ending: string | null;
}

/** A row of the holder's source, with the name that it had before it began to end. */
export interface HoldingSource {
  readonly name: string | null;
  readonly former: string | null;
  readonly settings: string | null;
  readonly waits_for: string | null;
}

/** What people know a source by, and whether it is ending. */
export function holdingSource({
  name,
  former,
  settings,
  waits_for,
}: HoldingSource): Pick<NameHolder, "sourceName" | "ending"> {
  const { leaving } = JSON.parse(settings ?? "{}") as Partial<SourceSettings>;
  if (leaving === undefined) return { sourceName: name ?? "", ending: null };
  const called = leaving.then === "delete" ? (former ?? name) : name;
  return { sourceName: called ?? "", ending: waits_for ?? "it has only begun" };
}

/** Why somebody can't have a userName, and what to do. */
export function nameIsTaken({ sourceName, ending }: Pick<NameHolder, "sourceName" | "ending">): string {
  if (ending === null) {
    return `its userName is already used in the source ${sourceName}; give one of the two sources a namespace, or map userName differently`;
  }
  return `its userName is still used in the source ${sourceName}, which is ending (${ending}); sync again once that has ended`;
}
