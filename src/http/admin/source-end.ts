import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { ProtectionError } from "../../plan/protection.ts";
import type { SourceRow, TargetRow } from "../../store/store.ts";
import { type EndPreview, previewEnd } from "../../sync/preview-end.ts";
import { ProblemError } from "../problem.ts";
import { idParams, json, refusals } from "./common.ts";
import type { AdminParts, People } from "./parts.ts";
import { findSource } from "./sources.ts";
import { resourceTypeField } from "./task-schemas.ts";

type Ending = { readonly people: People; readonly afterwards: "disable" | "delete" };

/** Shows what the end of a source would take away, before it is ordered. */
export function makeSourceEnd(parts: AdminParts) {
  return new OpenAPIHono().openapi(readSourceEnd, async (c) => {
    const source = await findSource(parts.store, c.req.valid("param").id);
    return c.json(await lookAhead(parts, source, c.req.valid("query")), 200);
  });
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

async function lookAhead(parts: AdminParts, source: SourceRow, { people, afterwards }: Ending): Promise<EndPreview> {
  const { store, catalog } = parts;
  const removesInactive = ({ settings }: TargetRow): boolean => {
    const reading = parts.readProfile(settings.profile);
    // Of a profile that cannot be read the worse is told.
    return "problem" in reading || reading.profile.facts["deactivate"]?.value === "delete";
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

const counts = {
  users: z.object({ deactivated: z.int(), deleted: z.int(), protected: z.int(), paused: z.int() }),
  groups: z.object({ deleted: z.int(), protected: z.int() }),
  memberships: z.int().openapi({ description: "That would be taken away." }),
};

const people = z.enum(
  ["keep", "deactivate", "delete"],
  "has to say what becomes of the people: keep, deactivate or delete",
);
const afterwards = z.enum(["disable", "delete"]).default("delete");

const endPreview = z
  .object({
    source: z.string(),
    people,
    afterwards: z.enum(["disable", "delete"]),
    directory: z.object(counts),
    targets: z.array(z.object({ target: z.string(), name: z.string(), status: z.string(), ...counts })).readonly(),
    examples: z
      .array(
        z.object({
          target: z.string().nullable().openapi({ description: "Null is the bridge's own directory." }),
          resourceType: resourceTypeField,
          resourceId: z.string(),
          externalId: z.string().nullable(),
          displayName: z.string().nullable(),
          action: z.enum(["deactivate", "delete", "keep"]),
          because: z.string().nullable(),
        }),
      )
      .readonly(),
    confirm: z.string().nullable().openapi({
      description:
        "To be said with the call that ends the source; null where nothing is lost, and nothing need be said.",
    }),
  })
  .openapi("SourceEndPreview");

const readSourceEnd = createRoute({
  method: "get",
  path: "/sources/{id}/end",
  operationId: "previewSourceEnd",
  summary: "Says what the end of a source would take away, and where. Writes nothing, and asks no target.",
  tags: ["Identity sources"],
  request: { params: idParams, query: z.object({ people, afterwards }) },
  responses: { 200: json("What would be lost", endPreview), ...refusals(400, 404, 409) },
});
