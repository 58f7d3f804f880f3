import { z } from "zod";

// What the commands read of the API's answers. More may be there: with --json all of it is printed.

export const sourceAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  status: z.string(),
  nextRunAt: z.string().nullable(),
  lastTask: z.looseObject({ state: z.string(), finishedAt: z.string().nullable() }).nullable(),
  summary: z.looseObject({ users: z.number(), activeUsers: z.number(), groups: z.number() }),
});

export const sourcesAnswer = z.object({ items: z.array(sourceAnswer), nextCursor: z.string().nullable() });

export const testAnswer = z.looseObject({
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

const counts = z.object({ users: z.record(z.string(), z.number()), groups: z.record(z.string(), z.number()) });
const taskError = z.looseObject({ code: z.string(), detail: z.string() });

export const taskAnswer = z.looseObject({
  id: z.string(),
  source: z.string().nullable().default(null),
  target: z.string().nullable().default(null),
  resource: z.string().nullable().default(null),
  mode: z.string(),
  state: z.string(),
  mapping: z.looseObject({ name: z.string(), version: z.number(), problem: z.string().nullable() }).nullable(),
  progress: z
    .object({
      phase: z.string(),
      done: z.number(),
      total: z.number(),
      waiting: z.object({ reason: z.string(), until: z.string() }).optional(),
    })
    .nullable(),
  counts,
  targets: z.array(
    z.looseObject({ target: z.string(), state: z.string(), counts, error: taskError.nullable().optional() }),
  ),
  error: taskError.nullable(),
  hold: z.looseObject({ reason: z.string(), expiresAt: z.string() }).nullable(),
  plan: z
    .looseObject({
      digest: z.string(),
      changes: z.number(),
      requests: z.number(),
      wouldHold: z.looseObject({ reason: z.string() }).nullable(),
      whole: z.boolean(),
    })
    .nullable()
    .default(null),
  repair: z.boolean().default(false),
  approved: z.boolean().default(false),
  requestedBy: z.string().nullable().default(null),
  decidedBy: z.string().nullable().default(null),
  decidedAt: z.string().nullable().default(null),
  undoes: z.string().nullable().default(null),
  kept: z.number().nullable().default(null),
  finishedAt: z.string().nullable().default(null),
  drift: z
    .looseObject({
      users: z.record(z.string(), z.number().nullable()),
      groups: z.record(z.string(), z.number().nullable()),
      members: z.record(z.string(), z.number()).nullable(),
    })
    .nullable()
    .default(null),
});

export const tasksAnswer = z.object({ items: z.array(taskAnswer), nextCursor: z.string().nullable() });

const plannedRequest = z.looseObject({
  target: z.string(),
  method: z.string(),
  path: z.string(),
  body: z.record(z.string(), z.json()).nullable(),
  kept: z.array(z.string()).default([]),
  exact: z.boolean(),
  externalId: z.string().nullable().default(null),
  displayName: z.string().nullable().default(null),
});

export const plannedRequestsAnswer = z.object({ items: z.array(plannedRequest), nextCursor: z.string().nullable() });

export type PlannedRequestAnswer = z.output<typeof plannedRequest>;

export const targetAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  status: z.string().default("enabled"),
  links: z.looseObject({ pending: z.number(), synced: z.number(), failed: z.number() }).optional(),
  quarantine: z.looseObject({ since: z.string(), code: z.string(), nextTryAt: z.string() }).nullable().default(null),
  paused: z.looseObject({ since: z.string(), by: z.string(), reason: z.string().nullable() }).nullable().default(null),
});

export type TargetAnswer = z.output<typeof targetAnswer>;

export const settingsAnswer = z.looseObject({ paused: z.boolean().default(false) });

const pause = z.looseObject({
  target: z.string().nullable(),
  reason: z.string().nullable(),
  since: z.string(),
  by: z.string(),
});

export const pausesAnswer = z.object({ items: z.array(pause) });

export type PauseAnswer = z.output<typeof pause>;

export type TaskAnswer = z.output<typeof taskAnswer>;

export const administratorAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  status: z.string(),
  hasPassword: z.boolean(),
  lastSeenAt: z.string().nullable(),
});

export const administratorsAnswer = z.object({
  items: z.array(administratorAnswer),
  nextCursor: z.string().nullable(),
});

export const newAdministratorAnswer = administratorAnswer.extend({ token: z.string() });

export const clientAnswer = z.looseObject({ id: z.string(), name: z.string(), token: z.string() });

const attributeChange = z.looseObject({ attribute: z.string(), before: z.json(), after: z.json() });
const membersChange = z.looseObject({ attribute: z.string(), addedCount: z.number(), removedCount: z.number() });

export const recordAnswer = z.looseObject({
  at: z.string(),
  resourceType: z.string(),
  externalId: z.string().nullable(),
  displayName: z.string().nullable(),
  target: z.string().nullable(),
  action: z.string(),
  status: z.string(),
  error: z.string().nullable(),
  because: z.string(),
  changes: z.array(z.union([membersChange, attributeChange])),
});

export const recordsAnswer = z.object({ records: z.array(recordAnswer), nextCursor: z.string().nullable() });

const heldRecord = z.looseObject({
  id: z.string(),
  target: z.string().nullable(),
  action: z.string(),
  resourceType: z.string(),
  externalId: z.string().nullable(),
  displayName: z.string().nullable(),
  error: z.string().nullable().default(null),
  because: z.string(),
});

export type HeldRecordAnswer = z.output<typeof heldRecord>;

export const heldRecordsAnswer = z.object({ records: z.array(heldRecord), nextCursor: z.string().nullable() });

export const targetsAnswer = z.object({
  items: z.array(targetAnswer),
  nextCursor: z.string().nullable().default(null),
});

const fileProblems = z.array(
  z.looseObject({
    file: z.string(),
    pointer: z.string(),
    line: z.number().nullable(),
    column: z.number().nullable(),
    detail: z.string(),
  }),
);

export const draftAnswer = z.looseObject({ version: z.number(), state: z.string(), warnings: fileProblems });

export const schemaFileAnswer = z.looseObject({
  name: z.string(),
  state: z.string(),
  active: z.looseObject({ version: z.number() }).nullable(),
  usedBy: z.array(z.string()),
});

export const versionsAnswer = z.object({
  items: z.array(
    z.looseObject({
      version: z.number(),
      state: z.string(),
      origin: z.string(),
      createdAt: z.string(),
      activatedAt: z.string().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

const json = z.json();

const impactCounts = z.looseObject({
  created: z.number(),
  updated: z.number(),
  deactivated: z.number(),
  reactivated: z.number(),
  deleted: z.number(),
  failed: z.number(),
  unchanged: z.number(),
});

const recordImpacts = z.array(
  z.looseObject({ detail: z.string(), records: z.number(), examples: z.array(z.string()) }),
);

const sourceImpact = z.looseObject({
  name: z.string(),
  users: impactCounts,
  groups: impactCounts,
  attributes: z.array(
    z.looseObject({
      resourceType: z.string(),
      attribute: z.string(),
      set: z.number(),
      changed: z.number(),
      cleared: z.number(),
      examples: z.array(z.looseObject({ externalId: z.string().nullable(), before: json, after: json })),
    }),
  ),
  memberships: z.array(
    z.looseObject({ kind: z.string(), memberType: z.string(), op: z.string(), memberships: z.number() }),
  ),
  problems: recordImpacts,
  leftOut: recordImpacts,
  warnings: fileProblems,
  held: z.string().nullable(),
  targets: z.array(
    z.looseObject({
      name: z.string(),
      exact: z.boolean(),
      users: z.number(),
      groups: z.number(),
      entering: z.number(),
      leaving: z.number(),
      removals: z.looseObject({ users: z.number(), groups: z.number() }),
      held: z.string().nullable(),
      problem: z.string().nullable(),
    }),
  ),
});

export const impactAnswer = z.looseObject({
  mapping: z.string(),
  comparedWith: z.number().nullable(),
  warnings: fileProblems,
  sources: z.array(sourceImpact),
});

export type ImpactAnswer = z.output<typeof impactAnswer>;
export type SourceImpactAnswer = z.output<typeof sourceImpact>;

const recordProblems = z.array(z.looseObject({ pointer: z.string(), detail: z.string() }));

export const previewAnswer = z.looseObject({
  resource: z.record(z.string(), json),
  attributes: z.array(
    z.looseObject({
      attribute: z.string(),
      pointer: z.string(),
      line: z.number().nullable(),
      column: z.number().nullable(),
      sources: z.array(z.looseObject({ path: z.string(), value: json.exactOptional() })),
      steps: z.array(z.looseObject({ step: z.string(), value: json.exactOptional() })),
      result: json.exactOptional(),
      why: z.string().nullable(),
    }),
  ),
  problems: recordProblems,
  warnings: recordProblems,
  mapping: z.looseObject({ name: z.string(), version: z.union([z.string(), z.number(), z.null()]) }),
});

export const configurationAnswer = z.record(z.string(), json);

const comparedAnswer = z.object({
  kind: z.enum(["settings", "sources", "targets", "userGroups", "scimClients", "webhooks"]),
  name: z.string(),
  id: z.string().nullable(),
  place: z.string().nullable(),
  action: z.enum(["create", "update", "none", "unlisted"]),
  changes: z.array(z.object({ pointer: z.string(), before: json.optional(), after: json.optional() })),
  links: z.number(),
});

export const comparisonAnswer = z.object({ items: z.array(comparedAnswer) });

export type ComparedAnswer = z.output<typeof comparedAnswer>;

const lost = {
  users: z.looseObject({ deactivated: z.number(), deleted: z.number(), protected: z.number(), paused: z.number() }),
  groups: z.looseObject({ deleted: z.number(), protected: z.number() }),
  memberships: z.number(),
};

export const sourceEndAnswer = z.looseObject({
  directory: z.looseObject(lost),
  targets: z.array(z.looseObject({ name: z.string(), ...lost })),
  confirm: z.string().nullable(),
});

export type SourceEndAnswer = z.output<typeof sourceEndAnswer>;

/** What was made: of a SCIM client with its token, of a webhook with its secret. */
export const madeAnswer = z.looseObject({ token: z.string().optional(), secret: z.string().optional() }).nullable();
