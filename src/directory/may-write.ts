import type { ResourceType } from "../scim/resource.ts";
import { ScimError } from "../scim/scim-error.ts";
import { type DirectoryWrite, userGroups, type WritableRow } from "../store/store.ts";
import type { Precondition, Writer } from "./writing.ts";

/**
 * The resource that is to be written, when it may be.
 *
 * @throws {ScimError} 404 for what the writer does not see; 403 for what comes from a source that is changed elsewhere,
 * which it names; 412 when it is not in the version that the writer knows
 */
export async function findWritable(
  write: DirectoryWrite,
  type: ResourceType,
  id: string,
  writer: Writer,
  isKnown: Precondition,
): Promise<WritableRow> {
  const row = await write.find(type, id, writer.sources);
  if (row === null) throw new ScimError(404, null, `This ${type} was not found`);
  const refusals = [await whyFixed(write, row), whyReader(writer)].filter((reason) => reason !== null);
  if (refusals.length > 0) throw new ScimError(403, null, refusals.join("; besides, "));
  if (!isKnown(row))
    throw new ScimError(412, null, "The resource is not as If-Match or If-None-Match asks for: read it again");
  return row;
}

/** @throws {ScimError} 403 */
export function checkMayWrite(writer: Writer): void {
  const reason = whyReader(writer);
  if (reason !== null) throw new ScimError(403, null, reason);
}

/**
 * The id of the custom source that people are written to.
 *
 * @throws {ScimError} 403 that says what to do where there is none, or more than one
 */
export async function customSourceOf(write: DirectoryWrite, { sources }: Writer): Promise<string> {
  const custom = (await write.sources()).filter(
    ({ id, type }) => type === "custom" && (sources === "all" || sources.includes(id)),
  );
  const enabled = custom.filter(({ status }) => status === "enabled");
  const [only, ...others] = enabled;
  if (only !== undefined && others.length === 0) return only.id;
  throw new ScimError(403, null, only === undefined ? whyNone(custom) : whyMany(enabled));
}

type SourceBrief = Awaited<ReturnType<DirectoryWrite["sources"]>>[number];

function whyNone(custom: readonly SourceBrief[]): string {
  const [disabled = custom[0]] = custom.filter((source) => !isBeingDeleted(source));
  if (disabled === undefined) {
    return "Nobody can be created here: this client sees no custom source. An administrator can make one (type custom), or give it to this client";
  }
  return isBeingDeleted(disabled)
    ? "Nobody can be created here: the custom source that this client sees is being deleted"
    : `Nobody can be created here: the custom source "${disabled.name}" is disabled`;
}

/** From the order to delete it on, a source is called by its id, so that its name is free for another. */
function isBeingDeleted({ id, name }: SourceBrief): boolean {
  return name === id;
}

function whyMany(enabled: readonly { readonly name: string }[]): string {
  const names = enabled.map(({ name }) => `"${name}"`).join(", ");
  return `There are several custom sources (${names}): limit this client to the one that it writes to`;
}

function whyReader({ access }: Writer): string | null {
  return access === "read" ? "This token may only read" : null;
}

async function whyFixed(write: DirectoryWrite, { type, sourceId }: WritableRow): Promise<string | null> {
  if (sourceId === userGroups) return null;
  const source = (await write.sources()).find(({ id }) => id === sourceId);
  if (source !== undefined && isBeingDeleted(source)) return `This ${type} is of a source that is being deleted`;
  if (source?.type === "custom") {
    return source.status === "enabled"
      ? null
      : `This ${type} is of the custom source "${source.name}", which is disabled`;
  }
  return `This ${type} comes from the identity source "${source?.name ?? sourceId}" and is changed there, not here`;
}
