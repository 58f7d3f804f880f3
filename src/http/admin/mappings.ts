import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { previewRecord } from "../../mapping/preview.ts";
import type { MappingProgram } from "../../mapping/program.ts";
import type { CompiledMappingFile } from "../../schemas/compile-file.ts";
import type { SourceRow } from "../../store/store.ts";
import { previewPasted, previewStored, type StoredPreview } from "../../sync/preview.ts";
import { invalid, notFound, ProblemError } from "../problem.ts";
import { body, json, refusals } from "./common.ts";
import { type Present, present } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { orProblem } from "./schema-file-problems.ts";
import { impactForm, impactView, previewForm, previewView } from "./schema-file-schemas.ts";
import { activeOf, findMeant, findVersion } from "./schema-files.ts";
import { findSource } from "./sources.ts";

/** What can be asked of a mapping before it is active: what it makes of a record, and what it would change. */
export function makeMappings(parts: AdminParts) {
  const { store, schemas } = parts;

  return new OpenAPIHono()
    .openapi(measureImpact, async (c) => {
      const { name } = c.req.valid("param");
      const form = c.req.valid("json");
      const { version, text, warnings } = await candidateOf(parts, name, form);
      const sources = await sourcesOf(parts, name, form.sources);
      const { signal } = c.req.raw;
      const impact = await parts.measureImpact({ name, text, sources: sources.map(({ id }) => id) }, signal);
      const comparedWith = activeOf(schemas.inForce(), "mapping", name);
      return c.json({ mapping: name, version, comparedWith, warnings, sources: impact }, 200);
    })
    .openapi(previewMapping, async (c) => {
      const { name } = c.req.valid("param");
      const form = present(c.req.valid("json"));
      const { program, version } = await candidateOf(parts, name, form);
      const source = form.source === undefined ? null : await findSource(store, form.source);
      const preview = await previewOf(parts, program, source, form);
      return c.json({ ...preview, mapping: { name, version } }, 200);
    });
}

type PreviewForm = Present<z.output<typeof previewForm>>;

const kinds = { userid: "user", member: "user", department: "department", tag: "tag" } as const;

async function previewOf(
  { store }: AdminParts,
  program: MappingProgram,
  source: SourceRow | null,
  form: PreviewForm,
): Promise<StoredPreview> {
  const subject =
    (["userid", "member", "department", "tag"] as const).find((each) => form[each] !== undefined) ?? "member";
  const value = form[subject];
  if (typeof value === "object") {
    if (source !== null)
      return { ...(await previewPasted(store, source, program, kinds[subject], value)), current: null };
    const { source: _, userid: __, mapping: ___, version: ____, ...rest } = form;
    return {
      ...previewRecord(program, { ...rest, [subject]: value } as Parameters<typeof previewRecord>[1]),
      current: null,
    };
  }
  if (source === null) throw invalid([{ pointer: "/source", detail: `says of which source the ${subject} is` }]);
  const preview = await previewStored(store, source, program, kinds[subject], String(value));
  if (preview !== null) return preview;
  throw new ProblemError(
    404,
    "not-found",
    `The source "${source.name}" had no ${subject} "${String(value).slice(0, 100)}" when it was last read: sync it, or send the record itself.`,
  );
}

interface Asked {
  readonly version?: number | undefined;
  readonly mapping?: unknown;
}

interface Candidate extends CompiledMappingFile {
  readonly text: string;
  /** Null for a mapping that is not saved. */
  readonly version: number | null;
}

/** The mapping that is asked about: the draft that waits if nothing is said, else what is in force. */
async function candidateOf(parts: AdminParts, name: string, { version, mapping }: Asked): Promise<Candidate> {
  const { editor } = parts.schemas;
  if (mapping !== undefined) {
    const text = JSON.stringify(mapping);
    return { ...(await orProblem(() => editor.compileMapping(name, text), "/mapping")), text, version: null };
  }
  const number = version ?? (await findMeant(parts, "mapping", name));
  if (number === null) throw notFound("mapping", name);
  const inForce = parts.schemas.inForce().mappings.get(name);
  if (inForce?.version === number) return inForce;
  const { text } = await findVersion(parts, "mapping", name, number);
  return { ...(await orProblem(() => editor.compileMapping(name, text))), text, version: number };
}

async function sourcesOf(
  { store }: AdminParts,
  name: string,
  asked: readonly string[] | undefined,
): Promise<readonly SourceRow[]> {
  const sources = asked
    ? await Promise.all(asked.map((each) => findSource(store, each)))
    : (await store.listSources()).filter(({ settings }) => settings.mapping === name);
  return sources.filter(({ type }) => type !== "custom");
}

const tags = ["Mappings"];
const params = z.object({ name: z.string().min(1).max(200) });

const measureImpact = createRoute({
  method: "post",
  path: "/mappings/{name}/impact",
  operationId: "measureMappingImpact",
  summary: "Counts what a mapping would change at the next sync, here and at the targets. Changes nothing.",
  tags,
  request: { params, body: body(impactForm) },
  responses: { 200: json("The impact", impactView), ...refusals(400, 404) },
});

const previewMapping = createRoute({
  method: "post",
  path: "/mappings/{name}/preview",
  operationId: "previewMapping",
  summary: "Shows what a mapping makes of one record: attribute by attribute, or why there is no value.",
  tags,
  request: { params, body: body(previewForm) },
  responses: { 200: json("The preview", previewView), ...refusals(400, 404) },
});
