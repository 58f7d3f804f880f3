import { isoTime } from "../../lib/iso-time.ts";
import type { Projection } from "../../scim/project.ts";
import type { ResourceType } from "../../scim/resource.ts";
import type { DirectoryReader, MemberView, ResourceRow, VisibleSources } from "../../store/store.ts";

/** The path of each type below the SCIM base. */
export const endpointOf: Readonly<Record<ResourceType, string>> = { User: "/Users", Group: "/Groups" };

/**
 * Resources as JSON text, in order. The stored document is text and goes out as such: `id`, `meta` and the edges are
 * put in at its end. Only a projection that reaches into the document has it parsed. Members and groups are read, for
 * all the resources at once, only when they are part of the answer.
 *
 * @param base absolute URL of the SCIM endpoint
 * @param sources what the client sees: others are no members to him, and no groups
 */
export async function resourceTexts(
  rows: readonly ResourceRow[],
  type: ResourceType,
  projection: Projection,
  directory: Pick<DirectoryReader, "membersOf" | "groupsOf">,
  base: string,
  sources: VisibleSources,
): Promise<readonly string[]> {
  const edges = await readEdges(rows, type, projection, directory, sources);
  return rows.map((row) => {
    const meta = projection.includes("meta") ? `,"meta":${metaText(row, base)}` : "";
    const attribute = type === "Group" ? "members" : "groups";
    const elements = edges.get(row.id) ?? [];
    const edgeText =
      elements.length === 0 ? "" : `,"${attribute}":[${elements.map((edge) => edgeOf(edge, type, base)).join(",")}]`;
    const text = `${row.document.slice(0, row.document.lastIndexOf("}"))},"id":${JSON.stringify(row.id)}${edgeText}${meta}}`;
    return projection.keepsDocument(row.document) ? text : JSON.stringify(projection.apply(JSON.parse(text)));
  });
}

/**
 * `meta.version` and the ETag (RFC 7644 §3.14). Weak: what is derived from other resources, such as the names of
 * members or a user's `groups`, changes without it.
 */
export function versionOf(row: ResourceRow): string {
  return row.type === "Group" ? `W/"${row.version}.${row.membersVersion}"` : `W/"${row.version}"`;
}

export function locationOf(row: Pick<ResourceRow, "type" | "id">, base: string): string {
  return `${base}${endpointOf[row.type]}/${row.id}`;
}

// Put together by hand: as an object it would cost as much as reading the row. What could need escaping is escaped.
function metaText(row: ResourceRow, base: string): string {
  const times = `"created":"${isoTime(row.createdAt)}","lastModified":"${isoTime(row.lastModifiedAt)}"`;
  const location = JSON.stringify(locationOf(row, base));
  return `{"resourceType":"${row.type}",${times},"location":${location},"version":${JSON.stringify(versionOf(row))}}`;
}

async function readEdges(
  rows: readonly ResourceRow[],
  type: ResourceType,
  projection: Projection,
  directory: Pick<DirectoryReader, "membersOf" | "groupsOf">,
  sources: VisibleSources,
): Promise<ReadonlyMap<string, readonly MemberView[]>> {
  const byOwner = new Map<string, MemberView[]>();
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return byOwner;
  if (type === "Group" && projection.includes("members")) {
    for (const edge of await directory.membersOf(ids, sources)) addTo(byOwner, edge.groupId, edge);
  }
  if (type === "User" && projection.includes("groups")) {
    for (const edge of await directory.groupsOf(ids, sources)) addTo(byOwner, edge.memberId, edge);
  }
  return byOwner;
}

function addTo(byOwner: Map<string, MemberView[]>, owner: string, edge: MemberView): void {
  const edges = byOwner.get(owner);
  if (edges) edges.push(edge);
  else byOwner.set(owner, [edge]);
}

/** An element of `members` (RFC 7643 §4.2) or of `groups` (§4.1.2), which lists direct membership. */
function edgeOf(edge: MemberView, type: ResourceType, base: string): string {
  const other: Pick<ResourceRow, "type" | "id"> =
    type === "Group" ? { type: edge.memberType, id: edge.memberId } : { type: "Group", id: edge.groupId };
  const display = edge.display === null ? "" : `,"display":${JSON.stringify(edge.display)}`;
  const kind = type === "Group" ? edge.memberType : "direct";
  return `{"value":${JSON.stringify(other.id)},"$ref":${JSON.stringify(locationOf(other, base))}${display},"type":"${kind}"}`;
}
