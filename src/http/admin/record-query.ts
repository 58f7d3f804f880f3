import { z } from "@hono/zod-openapi";
import { type RecordQuery, type RecordSearch, userGroups } from "../../store/store.ts";
import { invalidParameter, numberedPageQuery, pageOf } from "./common.ts";
import { type Present, present } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { actionField, changeStatusField, resourceTypeField } from "./task-schemas.ts";

// What records are looked for by: those of one task, and those of all.

const text = (maxLength = 200) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    // PostgreSQL takes no NUL, and no name has a control character.
    .regex(/^\P{Cc}*$/u, "must not hold control characters")
    .optional();

export const targetParameter = text(100).openapi({
  description: "Id or name of a target; `null` for the bridge's own directory.",
});

const facets = {
  target: targetParameter,
  resourceType: resourceTypeField.optional(),
  action: actionField.optional(),
  status: changeStatusField.optional(),
};

/** Of one task. */
export const taskRecordFilters = z.object({
  ...facets,
  q: text().openapi({ description: "Part of the display name or the external id." }),
});

export const taskRecordQuery = taskRecordFilters.extend(numberedPageQuery);

/** A time in a query string. */
export const timeParameter = z
  .union(
    [z.iso.datetime({ offset: true }), z.iso.date()],
    "has to be a time such as 2026-03-01T08:00:00Z, or a date (its beginning in UTC)",
  )
  .optional();

/** Of all tasks. */
export const recordFilters = z.object({
  ...facets,
  person: text().openapi({
    description: "The userName, externalId or id of a person or group, exactly: the records of nobody else.",
  }),
  q: text().openapi({
    description:
      "Part of a displayName, userName or externalId as it is now, of a hundred people and groups at most; who was " +
      "deleted since is found by the whole externalId.",
  }),
  resourceId: text(100),
  externalId: text().openapi({ description: "As the resource was known when the record was made." }),
  source: text(100).openapi({ description: `Id or name of a source; \`${userGroups}\` for the user groups.` }),
  since: timeParameter.openapi({ description: "From this time on." }),
  until: timeParameter.openapi({ description: "Before this time." }),
});

export const recordQuery = recordFilters.extend(numberedPageQuery);

type Store = AdminParts["store"];

/** @throws ProblemError 400 for a target that is not there */
export async function toTaskRecordQuery(
  store: Store,
  query: z.output<typeof taskRecordQuery>,
): Promise<Present<RecordQuery>> {
  const { target, limit, cursor, ...rest } = present(query);
  return { ...rest, ...(await targetOf(store, target)), ...pageOf({ limit, cursor }) };
}

/** @throws ProblemError 400 for a target that is not there, and for what fits too many people */
export async function toRecordSearch(store: Store, query: z.output<typeof recordQuery>): Promise<RecordSearch> {
  const { target, source, person, q, resourceId, since, until, limit, cursor, ...rest } = present(query);
  return {
    ...rest,
    ...pageOf({ limit, cursor }),
    ...(await targetOf(store, target)),
    ...(source !== undefined && {
      source: ((await store.findSource(source)) ?? (await store.findEnded(source)))?.id ?? source,
    }),
    ...(since !== undefined && { since: Date.parse(since) }),
    ...(until !== undefined && { until: Date.parse(until) }),
    ...(await whoOf(store, { person, q, resourceId })),
  };
}

/** @throws ProblemError 400 when there is no such target */
export async function targetOf(store: Store, named: string | undefined): Promise<{ target?: string | null }> {
  if (named === undefined) return {};
  if (named === "null") return { target: null };
  const target = await store.findTarget(named);
  // What was pushed to a target that was deleted since is found by its id.
  if (target === null && !isId(named)) throw invalidParameter("target", "there is no such target");
  return { target: target?.id ?? named };
}

const mostPeople = 100;

async function whoOf(
  store: Store,
  { person, q, resourceId }: Pick<z.output<typeof recordFilters>, "person" | "q" | "resourceId">,
): Promise<Pick<RecordSearch, "who">> {
  const named = Object.entries({ person, q, resourceId }).filter(([, value]) => value !== undefined);
  if (named.length > 1) throw invalidParameter(named[1]?.[0] ?? "q", `can't go with ${named[0]?.[0]}: leave one out`);
  if (resourceId !== undefined) return { who: { resourceIds: [resourceId] } };
  if (person !== undefined) return { who: { resourceIds: await store.findPeople(person), externalId: person } };
  if (q === undefined) return {};
  const resourceIds = await store.findSome(q, mostPeople + 1);
  if (resourceIds.length > mostPeople) {
    throw invalidParameter("q", `fits more than ${mostPeople} people and groups: write more of the name`);
  }
  return { who: { resourceIds, externalId: q } };
}

/** Whether it has the form of an id: of something that may have been deleted. */
function isId(named: string): boolean {
  return /^[0-9a-f-]{36}$/.test(named);
}
