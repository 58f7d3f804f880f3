import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { JsonObject } from "../../src/lib/json.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import type { CompiledMapping, Mapped, SourceContext } from "../../src/mapping/mapping.ts";
import { loadExtensions, loadMapping } from "../support/load-schemas.ts";

// A case is a folder of three files. `mapping.json` is a mapping, or { "use": "wecom" } for one of schemas/mappings.
// `snapshot.json` holds what was read; `expected.json` what it becomes: of each record the members that matter to the
// case, problems and warnings by their pointers.

const folder = join(import.meta.dirname, "cases");
const schemas = join(import.meta.dirname, "../../schemas");

describe.each(readdirSync(folder))("case %s", (name) => {
  test("gives what is expected, and the same bytes again", async () => {
    const mapping = await compile(readJson(name, "mapping.json"));
    const snapshot = snapshotForm.parse(readJson(name, "snapshot.json"));
    const expected = expectedForm.parse(readJson(name, "expected.json"));
    const actual = mapSnapshot(mapping, snapshot);
    for (const kind of ["users", "departments", "tags"] as const) {
      expect(actual[kind]).toHaveLength(expected[kind].length);
      const picked = actual[kind].map((mapped, index) => pick(mapped, Object.keys(expected[kind][index] ?? {})));
      expect(picked).toEqual(expected[kind]);
    }
    expect(JSON.stringify(mapSnapshot(mapping, snapshot))).toBe(JSON.stringify(actual));
  });
});

const department = z.object({
  key: z.string(),
  name: z.string(),
  path: z.string(),
  parent: z.string().nullable().default(null),
  leaders: z.array(z.string()).default([]),
});
const record = z.custom<JsonObject>((value) => typeof value === "object" && value !== null);

const snapshotForm = z.strictObject({
  organization: z.string().nullable().default(null),
  namespace: z.string().nullable().default(null),
  unseenFields: z.array(z.string()).default([]),
  users: z
    .array(
      z.strictObject({
        raw: record,
        departments: z.array(department).default([]),
        mainDepartment: department.nullable().default(null),
        tags: z.array(z.strictObject({ key: z.string(), name: z.string() })).default([]),
      }),
    )
    .default([]),
  departments: z.array(z.strictObject({ raw: record, path: z.string() })).default([]),
  tags: z.array(z.strictObject({ raw: record })).default([]),
});

const records = z.array(z.record(z.string(), z.unknown())).default([]);
const expectedForm = z.strictObject({ users: records, departments: records, tags: records });

async function compile(mapping: unknown): Promise<CompiledMapping> {
  const used = z.strictObject({ use: z.string() }).safeParse(mapping);
  if (used.success) return loadMapping(schemas, used.data.use);
  return compileMapping({ name: "case", mapping, extensions: await loadExtensions(schemas) });
}

function mapSnapshot(mapping: CompiledMapping, snapshot: z.infer<typeof snapshotForm>) {
  const { organization, namespace } = snapshot;
  const source: SourceContext = { organization, namespace, unseenFields: new Set(snapshot.unseenFields) };
  return {
    users: snapshot.users.map(({ raw, departments, mainDepartment, tags }) => {
      const user = { kind: "user", key: "", raw, departments: [], mainDepartment: null, managers: [] } as const;
      return mapping.mapUser({ user, departments, mainDepartment, tags, source });
    }),
    departments: snapshot.departments.map(({ raw, path }) => {
      const context = { key: "", name: "", path, parent: null, leaders: [] };
      return mapping.mapDepartment({
        department: { kind: "department", key: "", raw, name: "", parent: null, leaders: [] },
        context,
        source,
      });
    }),
    tags: snapshot.tags.map(({ raw }) =>
      mapping.mapTag({ tag: { kind: "tag", key: "", raw, name: "", users: [], departments: [] }, source }),
    ),
  };
}

function pick(mapped: Mapped, members: readonly string[]): Record<string, unknown> {
  const all: Record<string, unknown> = {
    ...mapped,
    problems: mapped.problems.map(({ pointer }) => pointer),
    warnings: mapped.warnings.map(({ pointer }) => pointer),
  };
  return Object.fromEntries(members.map((name) => [name, all[name]]));
}

function readJson(name: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, name, file), "utf8"));
}
