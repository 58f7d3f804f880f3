import { ProtectionError } from "../../plan/protection.ts";
import type { SourceRow, TargetRow } from "../../store/store.ts";
import { type EndPreview, previewEnd } from "../../sync/preview-end.ts";
import { ProblemError } from "../problem.ts";
import type { AdminParts, People } from "./parts.ts";

/** How a source is to end. */
export interface Ending {
  readonly people: People;
  readonly afterwards: "disable" | "delete";
}

/**
 * Refuses the end of a source that takes something away, unless what the preview gave is said, and still holds.
 *
 * @throws ProblemError 409 with the preview
 */
export async function checkConfirmed(
  parts: AdminParts,
  source: SourceRow,
  ending: Ending,
  said: string | undefined,
): Promise<void> {
  if (ending.people === "keep") return;
  const preview = await lookAhead(parts, source, ending);
  if (preview.confirm === null || preview.confirm === said) return;
  const moved = said === undefined ? "" : " What was said does not fit what it would take away now.";
  const detail = `${inWords(preview)}${moved} Look at it, and say "confirm": "${preview.confirm}" with the call.`;
  throw new ProblemError(409, "conflict", detail, [], { members: { preview } });
}

/** What that end would take away. @throws ProblemError 409 where nobody can say who is protected */
export async function lookAhead(
  parts: AdminParts,
  source: SourceRow,
  { people, afterwards }: Ending,
): Promise<EndPreview> {
  const { store, catalog } = parts;
  const removesInactive = ({ settings }: TargetRow): boolean => {
    const reading = parts.readProfile(settings.profile);
    // Of a profile that cannot be read the worse is told.
    if ("problem" in reading) return true;
    const { deactivate, api } = reading.profile.facts;
    return deactivate?.value === "delete" && !(settings.api !== undefined && switchesOff(api?.value));
  };
  try {
    return await previewEnd({ store, catalog: catalog(), removesInactive }, source, people, afterwards);
  } catch (error) {
    if (!(error instanceof ProtectionError)) throw error;
    throw new ProblemError(409, "conflict", `safeguards.${error.key} ${error.message}: mend it first.`);
  }
}

function inWords({ directory, targets }: EndPreview): string {
  const at = targets.map(({ name, users, groups }) => {
    const off = users.deactivated > 0 ? [`${users.deactivated} people deactivated`] : [];
    const gone = users.deleted > 0 ? [`${users.deleted} people deleted`] : [];
    return `${[...off, ...gone, `${groups.deleted} groups deleted`].join(", ")} at ${name}`;
  });
  const here = `${directory.users.deactivated} people and ${directory.groups.deleted} groups would leave the directory`;
  return `${[here, ...at].join("; ")}.`;
}

/** Whether the product's own API, as the profile's fact says, makes accounts inactive where its SCIM can't. */
function switchesOff(api: unknown): boolean {
  const { attributes = {} } = (api ?? {}) as { readonly attributes?: Readonly<Record<string, unknown>> };
  return Object.hasOwn(attributes, "active");
}
