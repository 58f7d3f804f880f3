import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Json } from "../../lib/json.ts";
import { jsonPointer } from "../../lib/json-pointer.ts";
import { previewRecord } from "../../mapping/preview.ts";
import type { MappingProgram } from "../../mapping/program.ts";
import type { CompiledMappingFile } from "../../schemas/compile-file.ts";
import { filePath } from "../../schemas/schemas.ts";
import type { SourceRow } from "../../store/store.ts";
import type { PreviewQuestion, StoredPreview } from "../../sync/preview.ts";
import { invalid, notFound, ProblemError } from "../problem.ts";
import { body, json, refusals } from "./common.ts";
import { type Present, present } from "./fields.ts";
import type { AdminParts } from "./parts.ts";
import { orProblem } from "./schema-file-problems.ts";
import { impactForm, impactView, previewForm, previewView, subjects } from "./schema-file-schemas.ts";
import { activeOf, findMeant, findVersion } from "./schema-files.ts";
import { findSource } from "./sources.ts";
import { toKeptView } from "./task-view.ts";

/** What can be asked of a mapping before it is active: what it makes of a record, and what it would change. */
export function makeMappings(parts: AdminParts) {
  const { store, schemas } = parts;
  let measuring = false;

  return new OpenAPIHono()
    .openapi(measureImpact, async (c) => {
      const { name } = c.req.valid("param");
      const form = c.req.valid("json");
      const { version, text, isInForce, warnings } = await candidateOf(parts, name, form);
      const sources = await sourcesOf(parts, name, form.sources);
      if (measuring) throw busy();
      measuring = true;
      const question = {
        ...{ name, text: isInForce ? null : text, extensions: textsOf(form.extensions) },
        sources: sources.map(({ id }) => id),
      };
      const impact = await parts.measureImpact(question, c.req.raw.signal).finally(() => {
        measuring = false;
      });
      const comparedWith = activeOf(schemas.inForce(), "mapping", name);
      return c.json({ mapping: name, version, comparedWith, warnings, sources: impact }, 200);
    })
    .openapi(previewMapping, async (c) => {
      const { name } = c.req.valid("param");
      const form = present(c.req.valid("json"));
      const candidate = await candidateOf(parts, name, form);
      const source = form.source === undefined ? null : await findSource(store, form.source);
      const preview =
        source === null
          ? previewAlone(candidate.program, form)
          : await previewAmong(
              parts,
              source,
              {
                ...{ mapping: name, text: candidate.isInForce ? null : candidate.text },
                extensions: textsOf(form.extensions),
              },
              form,
              c.req.raw.signal,
            );
      const kept = preview.kept === null ? null : toKeptView(preview.kept);
      return c.json({ ...preview, kept, mapping: { name, version: candidate.version } }, 200);
    });
}

/** One at a time: an impact of a large corp takes memory, and several at once would take it several times. */
function busy(): ProblemError {
  return new ProblemError(429, "busy", "Another impact is being measured just now: ask again in a few seconds.", [], {
    retryAfterSeconds: 5,
  });
}

type PreviewForm = Present<z.output<typeof previewForm>>;

const kinds = { userid: "user", member: "user", department: "department", tag: "tag" } as const;

/** Of a pasted record: with what the form says of its surroundings. */
function previewAlone(program: MappingProgram, form: PreviewForm): StoredPreview {
  const { subject, value } = subjectOf(form);
  if (typeof value !== "object") {
    throw invalid([{ pointer: "/source", detail: `says of which source the ${subject} is` }]);
  }
  const { source: _, userid: __, mapping: ___, version: ____, extensions: _____, ...rest } = form;
  const record = { ...rest, [subject]: value } as Parameters<typeof previewRecord>[1];
  return { ...previewRecord(program, record), current: null, kept: null };
}

/** Of a record among all departments and tags of a source. */
async function previewAmong(
  { previewOfSource }: AdminParts,
  source: SourceRow,
  candidate: Pick<PreviewQuestion, "mapping" | "text" | "extensions">,
  form: PreviewForm,
  signal: AbortSignal,
): Promise<StoredPreview> {
  const { subject, value } = subjectOf(form);
  const record = typeof value === "object" ? value : String(value);
  const preview = await previewOfSource({ ...candidate, source: source.id, kind: kinds[subject], record }, signal);
  if (preview !== null) return preview;
  throw new ProblemError(
    404,
    "not-found",
    `The source "${source.name}" had no ${subject} "${String(value).slice(0, 100)}" when it was last read: sync it, or send the record itself.`,
  );
}

function subjectOf(form: PreviewForm) {
  const subject = subjects.find((each) => form[each] !== undefined) ?? "member";
  return { subject, value: form[subject] };
}

interface Asked {
  readonly version?: number | undefined;
  readonly mapping?: unknown;
  readonly extensions?: Readonly<Record<string, Json>> | undefined;
}

interface Candidate extends CompiledMappingFile {
  readonly text: string;
  /** Null for a mapping that is not saved. */
  readonly version: number | null;
  /** Then the engine takes it as it is: a file that is broken by now may have other extension schemas beside it. */
  readonly isInForce: boolean;
}

/** The mapping that is asked about: the draft that waits if nothing is said, else what is in force. */
async function candidateOf(
  parts: AdminParts,
  name: string,
  { version, mapping, extensions }: Asked,
): Promise<Candidate> {
  const compile = (text: string, below: string) => {
    const belowOf = (file: string) => {
      const extension = Object.keys(extensions ?? {}).find((each) => file === filePath("extension", each));
      return extension === undefined ? below : jsonPointer(["extensions", extension]);
    };
    return orProblem(() => parts.schemas.editor.compileMapping(name, text, textsOf(extensions)), belowOf);
  };
  if (mapping !== undefined) {
    const text = JSON.stringify(mapping);
    return { ...(await compile(text, "/mapping")), text, version: null, isInForce: false };
  }
  const number = version ?? (await findMeant(parts, "mapping", name));
  if (number === null) throw notFound("mapping", name);
  const inForce = parts.schemas.inForce().mappings.get(name);
  // With other extension schemas beside it, it is another mapping.
  if (inForce?.version === number && extensions === undefined) return { ...inForce, isInForce: true };
  const { text } = await findVersion(parts, "mapping", name, number);
  return { ...(await compile(text, "")), text, version: number, isInForce: false };
}

function textsOf(extensions: Asked["extensions"]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(extensions ?? {}).map(([name, content]) => [name, JSON.stringify(content)]));
}

async function sourcesOf(
  { store }: AdminParts,
  name: string,
  asked: readonly string[] | undefined,
): Promise<readonly SourceRow[]> {
  const sources = asked
    ? await Promise.all(asked.map((each) => findSource(store, each)))
    : (await store.listSources()).filter(({ type, settings }) => type !== "custom" && settings.mapping === name);
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
  responses: { 200: json("The impact", impactView), ...refusals(400, 404, 429) },
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
