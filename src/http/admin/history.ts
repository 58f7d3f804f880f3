import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { findTargetRules } from "../../mapping/find-target-rules.ts";
import type { MappingProgram } from "../../mapping/program.ts";
import { findRules } from "../../schemas/find-rules.ts";
import type { ResourceValues, TargetRow, WrittenValue } from "../../store/store.ts";
import { notFound, ProblemError } from "../problem.ts";
import { isoTime, json, refusals, resourceParams } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { targetOf, targetParameter } from "./record-query.ts";
import { linkStateField } from "./target-schemas.ts";
import { actionField, anyJson, keptView, resourceTypeField, taskTriggerField } from "./task-schemas.ts";
import { toKeptView } from "./task-view.ts";

type Value = z.output<typeof valueView>;

/** Why a value is what it is: since when, by which task, by which rule, or who wrote it. */
export function makeHistory({ store, schemas, catalog }: AdminParts) {
  return new OpenAPIHono().openapi(readHistory, async (c) => {
    const { attribute, target } = c.req.valid("query");
    const id = await findOne(store, c.req.valid("param").id);
    const only = { ...(attribute !== undefined && { attribute }), ...(await targetOf(store, target)) };
    const found = await store.readValues(id, only);
    if (found === null) throw notFound("resource", id);
    const targets = new Map((await store.listTargets()).map((row) => [row.id, row]));
    const rulesOf = makeRulesOf(found, targets);
    const items: Value[] = [];
    for (const value of found.values) {
      items.push(toView(value, targets.get(value.target ?? "")?.name ?? null, await rulesOf(value)));
    }
    const { sourceId: source, isDeleted: deleted, resourceType, externalId, displayName } = found;
    const by = await store.findKept(id);
    const kept = by === null ? null : toKeptView(by);
    return c.json(
      { resource: { id, resourceType, source, externalId, displayName, deleted, kept }, items, nextCursor: null },
      200,
    );
  });

  /** Each version of a mapping is compiled once for an answer. */
  function makeRulesOf(found: ResourceValues, targets: ReadonlyMap<string, TargetRow>) {
    const programs = new Map<string, Promise<MappingProgram | null>>();
    return async ({ attribute, target, write }: WrittenValue): Promise<Value["rules"]> => {
      if (target !== null) {
        const mapping = targets.get(target)?.settings.mapping ?? {};
        const rules = findTargetRules(mapping, found.resourceType, catalog(), attribute);
        return rules.map((rule) => ({ file: null, ...rule, line: null, column: null }));
      }
      const mapping = write?.mapping ?? null;
      if (mapping === null || found.kind === "group") return [];
      const key = `${mapping.name} ${mapping.version}`;
      const program = programs.get(key) ?? schemas.compileVersion(mapping);
      programs.set(key, program);
      const compiled = await program;
      return compiled === null ? [] : findRules(compiled, found.kind, attribute);
    };
  }
}

/** The id of a person or group. @throws ProblemError 404; 409 when several people or groups are called so */
export async function findOne(store: AdminParts["store"], named: string): Promise<string> {
  const [id, ...others] = await store.findPeople(named);
  if (id === undefined) throw notFound("person or group", named);
  if (others.length === 0) return id;
  const detail = `Several are called so: say which by the id (${[id, ...others].join(", ")}).`;
  throw new ProblemError(409, "conflict", detail);
}

function toView(
  { attribute, target, value, state, error, write }: WrittenValue,
  targetName: string | null,
  rules: Value["rules"],
): Value {
  return {
    ...{ attribute, target, targetName, value, state, error, rules },
    write: write === null ? null : { ...write, at: isoTime(write.at) },
  };
}

const rule = z
  .object({
    file: z.string().nullable().openapi({ description: "The mapping file; null: a rule of the target itself." }),
    pointer: z.string(),
    line: z.int().nullable(),
    column: z.int().nullable(),
    kind: z.enum(["from", "const", "template", "expr", "remove"]),
  })
  .openapi("WritingRule");

/** A value of an attribute, with where it came from, as the management API says it. */
export const valueView = z
  .object({
    attribute: z.string(),
    target: z.string().nullable().openapi({ description: "Null is the bridge's own directory." }),
    targetName: z.string().nullable(),
    value: anyJson.openapi({ description: "Null: there is none (any more)." }),
    state: linkStateField.nullable().openapi({
      description: "Whether the target is up to date with the directory; null in the directory.",
    }),
    error: z.string().nullable().openapi({ description: "Why the target would not take what is pending." }),
    rules: z
      .array(rule)
      .readonly()
      .openapi({
        description:
          "In the directory the rules of the mapping that made the value, in the version of that time; at a target its own rules " +
          "for the attribute, as they are now.",
      }),
    write: z
      .object({
        at: z.string().openapi({ format: "date-time", description: "Since when it is so." }),
        by: z.enum(["sync", "client", "administrator"]),
        client: z.object({ id: z.string(), name: z.string() }).nullable(),
        administrator: z.string().nullable().openapi({ description: "The name that he had, where it was noted." }),
        record: z.string().openapi({ description: "Of the task; of a client or administrator: a directory record." }),
        task: z.string().nullable(),
        trigger: taskTriggerField.nullable(),
        mapping: z.object({ name: z.string(), version: z.int() }).nullable(),
        action: actionField,
        because: z.string().nullable(),
        before: anyJson,
        source: anyJson.optional().openapi({ description: "What the source said." }),
      })
      .nullable()
      .openapi({ description: "The write that it came with; null: longer ago than records are kept." }),
  })
  .openapi("WrittenValue");

const readHistory = createRoute({
  method: "get",
  path: "/resources/{id}/history",
  operationId: "readHistory",
  summary: "Says of each attribute of a person or group what it is, in the directory and at each target, and why.",
  description: "Members of groups are in the records. A write is known as long as records are kept.",
  tags: ["Records"],
  request: {
    params: resourceParams,
    query: z.object({
      attribute: z.string().min(1).max(500).optional().openapi({
        description: "As records name it: `title`, `name.formatted`, `emails`, `urn:…:User:department`.",
      }),
      target: targetParameter,
    }),
  },
  responses: {
    200: json(
      "The values",
      z.object({
        resource: z.object({
          id: z.string(),
          resourceType: resourceTypeField,
          source: z.string(),
          externalId: z.string().nullable(),
          displayName: z.string().nullable(),
          deleted: z.boolean(),
          kept: keptView.nullable(),
        }),
        items: z.array(valueView).readonly(),
        nextCursor: z.null(),
      }),
    ),
    ...refusals(400, 404, 409),
  },
});
