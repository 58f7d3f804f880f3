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
  mode: z.string(),
  state: z.string(),
  progress: z.object({ phase: z.string(), done: z.number(), total: z.number() }).nullable(),
  counts,
  targets: z.array(
    z.looseObject({ target: z.string(), state: z.string(), counts, error: taskError.nullable().optional() }),
  ),
  error: taskError.nullable(),
  hold: z.looseObject({ reason: z.string(), expiresAt: z.string() }).nullable(),
});

export type TaskAnswer = z.output<typeof taskAnswer>;

export const clientAnswer = z.looseObject({ id: z.string(), name: z.string(), token: z.string() });

const json = z.json();
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
