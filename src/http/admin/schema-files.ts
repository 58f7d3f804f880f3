import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Json } from "../../lib/json.ts";
import { textOfFile } from "../../mapping/file-text.ts";
import { maxFileCharacters } from "../../mapping/json-text.ts";
import { type FileState, filePath, folders, type SchemasInForce } from "../../schemas/schemas.ts";
import type { NewestSchema, SchemaKind, SchemaVersion, SchemaVersionSummary } from "../../store/store.ts";
import { invalid, notFound, ProblemError } from "../problem.ts";
import { body, cutPage, isoTime, isoTimeOrNull, json, page, pageOf, pageQuery, refusals } from "./common.ts";
import type { AdminParts } from "./parts.ts";
import { pendingDraft } from "./pending-draft.ts";
import { orProblem } from "./schema-file-problems.ts";
import {
  activationForm,
  draftView,
  fileContent,
  fileName,
  fileView,
  versionContent,
  versionView,
} from "./schema-file-schemas.ts";
import { makeSerially } from "./serially.ts";

/**
 * The files that people edit, of one kind: list, read, save a draft, activate a version, roll back, remove. Mappings
 * have more: {@link makeMappings}.
 */
export function makeSchemaFiles(kind: SchemaKind, parts: AdminParts) {
  const { store, schemas, nudge } = parts;
  const { editor } = schemas;
  const serially = makeSerially();
  const routes = routesOf(kind);

  return new OpenAPIHono()
    .openapi(routes.list, async (c) => {
      const files = await viewAll(kind, parts);
      const { items, nextCursor } = cutPage(
        files.map((file) => ({ ...file, id: file.name })),
        pageOf(c.req.valid("query")),
      );
      return c.json({ items: items.map(({ id: _, ...file }) => file), nextCursor }, 200);
    })
    .openapi(routes.read, async (c) => {
      const { name } = c.req.valid("param");
      const file = (await viewAll(kind, parts)).find((each) => each.name === name);
      if (file === undefined) throw notFound(kind, name);
      const newest = file.active?.version ?? file.draft?.version ?? (await newestVersion(parts, kind, name));
      const version = newest === null ? null : await store.findSchemaVersion(kind, name, newest);
      return c.json({ ...file, text: version?.text ?? null, content: contentOf(version) }, 200);
    })
    .openapi(routes.save, async (c) => {
      const { name } = c.req.valid("param");
      checkName(name);
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      const draft = await orProblem(() => {
        const text = textOfFile({ file: filePath(kind, name), bytes });
        if (text.length > maxFileCharacters) {
          throw new ProblemError(413, "too-large", `A file has at most ${maxFileCharacters} characters.`);
        }
        return editor.saveDraft(kind, name, text);
      });
      return c.json({ ...toVersionView(draft), warnings: draft.warnings }, 200);
    })
    .openapi(routes.activate, async (c) => {
      const { name } = c.req.valid("param");
      const { version: number, expected } = c.req.valid("json");
      await serially(async () => {
        const version = await findVersion(parts, kind, name, number);
        const active = activeOf(await schemas.refresh(), kind, name);
        if (expected !== undefined && expected !== active) {
          const now = active === null ? "none" : `version ${active}`;
          throw new ProblemError(409, "conflict", `Of "${name}" ${now} is in force by now: look at it first.`);
        }
        await orProblem(() => editor.activate(version));
      });
      nudge();
      const file = (await viewAll(kind, parts)).find((each) => each.name === name);
      if (file === undefined) throw notFound(kind, name);
      return c.json(file, 200);
    })
    .openapi(routes.listVersions, async (c) => {
      const { name } = c.req.valid("param");
      const { cursor, limit } = c.req.valid("query");
      const { items, nextCursor } = await store.listSchemaVersions(kind, name, pageOf({ cursor, limit }));
      if (items.length === 0 && cursor === undefined) throw notFound(kind, name);
      return c.json({ items: items.map(toVersionView), nextCursor }, 200);
    })
    .openapi(routes.readVersion, async (c) => {
      const { name, version } = c.req.valid("param");
      const found = await findVersion(parts, kind, name, version);
      return c.json({ ...toVersionView(found), text: found.text, content: contentOf(found) }, 200);
    })
    .openapi(routes.remove, async (c) => {
      const { name } = c.req.valid("param");
      await serially(async () => {
        const file = (await viewAll(kind, parts)).find((each) => each.name === name);
        if (file === undefined || file.state === "removed") throw notFound(kind, name);
        if (kind === "mapping" && file.usedBy.length > 0) {
          const users = (await store.listSources()).filter(({ id }) => file.usedBy.includes(id));
          const names = users.map((source) => `"${source.name}"`).join(", ");
          throw new ProblemError(
            409,
            "conflict",
            `The mapping "${name}" is used by ${names}: give that another one first.`,
          );
        }
        await orProblem(() => editor.remove(kind, name));
      });
      return c.body(null, 204);
    });
}

type FileView = z.output<typeof fileView>;

/** Everything of a kind: what lies in the folder, what is in force, and what is only in the store. */
async function viewAll(kind: SchemaKind, { store, schemas }: AdminParts): Promise<readonly FileView[]> {
  const inForce = await schemas.refresh();
  const [newest, drafts, sources, writable] = [
    await store.newestSchemas(kind),
    await store.schemaDrafts(kind),
    await store.listSources(),
    await schemas.isWritable(kind),
  ];
  const active = kind === "mapping" ? inForce.mappings : inForce.extensions;
  const states = new Map(inForce.files.filter((file) => file.kind === kind).map((file) => [file.name, file]));
  const stored = new Map(newest.map((each) => [each.name, each]));
  const names = [...new Set([...states.keys(), ...active.keys(), ...stored.keys()])].sort();
  return names.map((name): FileView => {
    const found = active.get(name);
    const draft = pendingDraft(drafts, name, stored.get(name)?.lastActivatedAt ?? null, found?.version ?? null);
    return {
      name,
      file: filePath(kind, name),
      state: stateOf(states.get(name), stored.get(name)),
      active: found === undefined ? null : toVersionView({ ...found, state: "active" }),
      draft: draft === null ? null : toVersionView(draft),
      problems: states.get(name)?.problems ?? [],
      warnings: kind === "mapping" ? (inForce.mappings.get(name)?.warnings ?? []) : [],
      writable,
      usedBy: sources
        .filter(({ type, settings }) => type !== "custom" && uses(inForce, settings.mapping, kind, name))
        .map(({ id }) => id),
    };
  });
}

/** Whether a source with this mapping uses a file: the mapping itself, or an extension schema that the mapping writes. */
function uses({ mappings, extensions }: SchemasInForce, mapping: string, kind: SchemaKind, name: string): boolean {
  if (kind === "mapping") return mapping === name;
  const urn = extensions.get(name)?.definition.id;
  return urn !== undefined && (mappings.get(mapping)?.text.toLowerCase().includes(`"${urn.toLowerCase()}:`) ?? false);
}

function stateOf(file: FileState | undefined, stored: NewestSchema | undefined): FileView["state"] {
  if (file !== undefined) return file.state;
  return stored?.lastActivatedAt === null ? "draft" : "removed";
}

/** The version that is meant when none is named: the draft that waits, else what is in force, else the newest one. */
export async function findMeant(parts: AdminParts, kind: SchemaKind, name: string): Promise<number | null> {
  const file = (await viewAll(kind, parts)).find((each) => each.name === name);
  return file?.draft?.version ?? file?.active?.version ?? newestVersion(parts, kind, name);
}

/** The number of the version in force; null for none. */
export function activeOf(inForce: SchemasInForce, kind: SchemaKind, name: string): number | null {
  return (kind === "mapping" ? inForce.mappings : inForce.extensions).get(name)?.version ?? null;
}

/** @throws ProblemError 404 */
export async function findVersion(
  { store }: Pick<AdminParts, "store">,
  kind: SchemaKind,
  name: string,
  version: number,
): Promise<SchemaVersion> {
  const found = await store.findSchemaVersion(kind, name, version);
  if (found === null) throw notFound("version", `${name} ${version}`);
  return found;
}

/** The number of the newest version; null where there is none. */
async function newestVersion(
  { store }: Pick<AdminParts, "store">,
  kind: SchemaKind,
  name: string,
): Promise<number | null> {
  const { items } = await store.listSchemaVersions(kind, name, { limit: 1 });
  return items[0]?.version ?? null;
}

type VersionBrief = Omit<SchemaVersionSummary, "kind" | "name" | "hash">;

function toVersionView({ version, state, origin, createdAt, activatedAt }: VersionBrief): z.output<typeof versionView> {
  return { version, state, origin, createdAt: isoTime(createdAt), activatedAt: isoTimeOrNull(activatedAt) };
}

function contentOf(version: SchemaVersion | null): Json {
  // Only good files are kept.
  return version === null ? null : (JSON.parse(version.text.replace(/^\uFEFF/, "")) as Json);
}

const maxNameBytes = 180;

function checkName(name: string): void {
  if (!fileName.pattern.test(name)) throw invalid([{ parameter: "name", detail: fileName.detail }]);
  // File systems take 255 bytes, some of them less.
  if (Buffer.byteLength(name) > maxNameBytes) {
    throw invalid([
      { parameter: "name", detail: `is too long for a file: at most ${maxNameBytes} bytes, 60 Chinese characters` },
    ]);
  }
}

function routesOf(kind: SchemaKind) {
  const tags = [kind === "mapping" ? "Mappings" : "Extension schemas"];
  const base = `/${folders[kind]}`;
  const thing = kind === "mapping" ? "mapping" : "extension schema";
  const id = kind === "mapping" ? "Mapping" : "Extension";
  const params = z.object({ name: z.string().min(1).max(200) });
  const versionParams = params.extend({ version: z.coerce.number().pipe(z.int().min(1)).openapi({ type: "integer" }) });
  // The body is read as text, so that the file is kept as it was written and a mistake has a line.
  const file = {
    required: true,
    content: { "application/json": { schema: { type: "object", description: `The ${thing} file.` } as const } },
  };
  return {
    list: createRoute({
      method: "get",
      path: base,
      operationId: `list${id}s`,
      summary: `Lists the ${thing} files, with what is wrong with them.`,
      tags,
      request: { query: z.object(pageQuery) },
      responses: { 200: json("A page of files", page(fileView)), ...refusals(400) },
    }),
    read: createRoute({
      method: "get",
      path: `${base}/{name}`,
      operationId: `read${id}`,
      summary: `Reads a ${thing} file: what is in force of it.`,
      tags,
      request: { params },
      responses: { 200: json("The file", fileContent), ...refusals(404) },
    }),
    save: createRoute({
      method: "put",
      path: `${base}/{name}`,
      operationId: `save${id}`,
      summary: `Saves a ${thing} as a draft: in force only once it is activated. Refused with every mistake at its place.`,
      tags,
      request: { params, body: file },
      responses: { 200: json("The draft", draftView), ...refusals(400) },
    }),
    activate: createRoute({
      method: "post",
      path: `${base}/{name}/activate`,
      operationId: `activate${id}`,
      summary: "Brings a version into force, and writes it to the file.",
      tags,
      request: { params, body: body(activationForm) },
      responses: { 200: json("The file", fileView), ...refusals(400, 404, 409) },
    }),
    listVersions: createRoute({
      method: "get",
      path: `${base}/{name}/versions`,
      operationId: `list${id}Versions`,
      summary: "Lists the versions, newest first.",
      tags,
      request: {
        params,
        query: z.object({
          ...pageQuery,
          cursor: z
            .string()
            .regex(/^\d{1,9}$/, "does not lead anywhere")
            .optional(),
        }),
      },
      responses: { 200: json("A page of versions", page(versionView)), ...refusals(400, 404) },
    }),
    readVersion: createRoute({
      method: "get",
      path: `${base}/{name}/versions/{version}`,
      operationId: `read${id}Version`,
      summary: "Reads a version with its text.",
      tags,
      request: { params: versionParams },
      responses: { 200: json("The version", versionContent), ...refusals(400, 404) },
    }),
    remove: createRoute({
      method: "delete",
      path: `${base}/{name}`,
      operationId: `delete${id}`,
      summary: `Removes a ${thing} file that nothing needs. Its versions stay: it can be activated again. Of one that was never in force the drafts go.`,
      tags,
      request: { params },
      responses: { 204: { description: "Removed" }, ...refusals(404, 409) },
    }),
  };
}
