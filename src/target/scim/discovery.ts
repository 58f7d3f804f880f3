import { isJsonObject, type Json, type JsonObject, member } from "../../lib/json.ts";
import { coreGroupSchema, coreUserSchema } from "../../scim/resource.ts";
import type { TargetProfile } from "../profile.ts";
import { type Capabilities, type RemoteResource, TargetError } from "../target.ts";
import { processObjectAnswer } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { namedSchemas, publishedSchemas } from "./known-schemas.ts";
import { readPages } from "./pages.ts";

/** What a service provider says of itself (RFC 7644 §4); null where it doesn't say. */
export interface Discovery {
  readonly config: JsonObject | null;
  readonly schemas: readonly RemoteResource[] | null;
}

/** Asks. Discovery is optional in practice, so only what would stop a push as well is thrown. */
export async function readDiscovery(connection: Connection, signal: AbortSignal): Promise<Discovery> {
  const config = await unlessUnsaid(async () =>
    processObjectAnswer(await connection.send({ method: "GET", collection: "ServiceProviderConfig" }, signal)),
  );
  return { config, schemas: await unlessUnsaid(() => readSchemas(connection, signal)) };
}

async function readSchemas(connection: Connection, signal: AbortSignal): Promise<readonly RemoteResource[]> {
  const schemas: RemoteResource[] = [];
  for await (const { resources, received, total } of readPages(
    connection,
    { collection: "Schemas", count: null },
    signal,
  )) {
    schemas.push(...resources);
    if (total !== null && received >= total) break;
  }
  return schemas;
}

/** A profile narrowed by what the server says. Where the profile says no, the server is not believed. */
export function toCapabilities({ facts }: TargetProfile, { config, schemas }: Discovery): Capabilities {
  const published = schemas === null ? null : publishedSchemas(schemas);
  // A list without the User is not the whole list.
  const withoutGroups =
    published?.has(coreUserSchema.toLowerCase()) === true && !published.has(coreGroupSchema.toLowerCase());
  return {
    users: facts.users.value,
    groups: facts.groups.value && !withoutGroups,
    patch: facts.patch.value && !isRuledOut(config, "patch"),
    put: facts.put.value,
    operationsPerPatch: facts.operationsPerPatch.value,
    membersPerRequest: facts.membersPerRequest.value,
    schemas: facts.schemas.value === null ? published : namedSchemas(facts.schemas.value),
    nestedGroups: facts.nestedGroups.value && !(schemas !== null && namesUsersOnly(schemas)),
    memberRemoval: facts.memberRemoval.value,
    membersRead: facts.membersRead.value,
    groupRename: facts.groupRename.value,
  };
}

/** How lookups and lists are to be done: whether filters can be relied on, and how much to ask for at once. */
export function toReading({ facts }: TargetProfile, { config }: Discovery): { filterTrust: boolean; count: number } {
  const filter = config === null ? undefined : member(config, "filter");
  const most = isJsonObject(filter) ? member(filter, "maxResults") : undefined;
  const limit = typeof most === "number" && Number.isInteger(most) && most > 0 ? most : facts.maxPage.value;
  return {
    filterTrust: facts.filterTrust.value && !isRuledOut(config, "filter"),
    count: Math.min(facts.maxPage.value, limit),
  };
}

/** True if the ServiceProviderConfig says `{name}: {supported: false}`. */
export function isRuledOut(config: JsonObject | null, name: string): boolean {
  const feature = config === null ? undefined : member(config, name);
  return isJsonObject(feature) && member(feature, "supported") === false;
}

// RFC 7643 §7: `referenceTypes` of members.$ref, `canonicalValues` of members.type. One of them that names User and not
// Group says that groups can't be members; without either nothing is said.
function namesUsersOnly(schemas: readonly RemoteResource[]): boolean {
  const group = schemas.find(({ id }) => id.toLowerCase() === coreGroupSchema.toLowerCase());
  const members = group === undefined ? undefined : named(member(group.document, "attributes"), "members");
  const parts = members === undefined ? undefined : member(members, "subAttributes");
  const said = [
    member(named(parts, "$ref") ?? {}, "referenceTypes"),
    member(named(parts, "type") ?? {}, "canonicalValues"),
  ].filter((types) => Array.isArray(types) && types.includes("User"));
  return said.length > 0 && said.every((types) => Array.isArray(types) && !types.includes("Group"));
}

function named(attributes: Json | undefined, name: string): JsonObject | undefined {
  if (!Array.isArray(attributes)) return undefined;
  return attributes.filter(isJsonObject).find((attribute) => member(attribute, "name") === name);
}

async function unlessUnsaid<T>(read: () => Promise<T>): Promise<T | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof TargetError && isUnsaid(error))) throw error;
      if (!isGarbled(error) || attempt === garbledTries) return null;
    }
  }
}

/**
 * So often it is asked when a success has something else in it: half an answer, or a page that stands in for it for a moment,
 * must not pass for a server that says nothing. Everybody would be sent without extension attributes, and that would be seen
 * with the next change only.
 */
const garbledTries = 3;

function isGarbled({ code, status }: TargetError): boolean {
  return code === "nonsense" && status !== null && status < 300;
}

// Not there, not for us, or a single-page application's page for every unknown address.
function isUnsaid({ code, status }: TargetError): boolean {
  return code === "nonsense" || code === "missing" || code === "refused" || status === 403;
}
