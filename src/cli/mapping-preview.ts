import { openFile } from "../mapping/open-file.ts";
import type { Subject } from "../mapping/parse-record.ts";
import { type Preview, previewFiles } from "../mapping/preview.ts";
import { formatProblem, MappingError } from "../mapping/problem.ts";
import { previewAnswer } from "./answers.ts";
import { makeApiClient } from "./api-client.ts";
import { readDrafts } from "./mapping-impact.ts";
import { CliError, type CliParts } from "./parts.ts";
import { reportPreview } from "./preview-report.ts";
import { extensionsHint, readExtensionsFor } from "./schemas-dir.ts";
import { plain } from "./text.ts";
import { readWritten } from "./written-files.ts";

/** Options of `mapping preview`. */
export interface PreviewOptions {
  readonly member?: string;
  readonly department?: string;
  readonly tag?: string;
  readonly source?: string;
  readonly userid?: string;
  /** Files of extension schemas that are not in force yet. */
  readonly extension: readonly string[];
  readonly schemas?: string;
  readonly organization?: string;
  readonly namespace?: string;
  readonly json: boolean;
}

/** Shows what a mapping file makes of a record. Answers 0, or 1 when the mapping or the record has problems. */
export async function previewMapping(parts: CliParts, path: string, options: PreviewOptions): Promise<number> {
  try {
    const preview = await (options.source === undefined && options.userid === undefined
      ? previewHere(parts, path, options)
      : previewThere(parts, path, options));
    parts.stdout.write(options.json ? `${JSON.stringify(preview, null, 2)}\n` : reportPreview(preview, path));
    return preview.problems.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    const hint = options.source === undefined ? extensionsHint(path, options.schemas, parts) : null;
    const lines = error.problems.map((problem) => plain(formatProblem(problem)));
    throw new CliError(1, [...lines, ...(hint === null ? [] : [hint])].join("\n"));
  }
}

async function previewHere(parts: CliParts, path: string, options: PreviewOptions): Promise<Preview> {
  const subjects = (["member", "department", "tag"] as const).flatMap((subject: Subject) => {
    const file = options[subject];
    return file === undefined ? [] : [{ subject, file }];
  });
  const [given] = subjects;
  if (given === undefined) {
    throw new CliError(2, "Say what to preview: --member, --department or --tag, or --source with --userid.");
  }
  const mapping = await readWritten(path);
  const extensions = await readExtensionsFor(path, options.schemas, parts);
  const record = await readWritten(given.file, parts.stdin);
  const { organization, namespace } = options;
  return previewFiles({ mapping, extensions, record, subject: given.subject, organization, namespace });
}

/** Asks a server, which knows the member and his departments. */
async function previewThere(
  parts: CliParts,
  path: string,
  { source, userid, extension }: PreviewOptions,
): Promise<Preview> {
  if (source === undefined || userid === undefined) throw new CliError(2, "--source and --userid go together.");
  const { name, value, placeOf } = openFile(await readWritten(path));
  const drafts = await readDrafts(extension);
  const body = { source, userid, mapping: value, ...drafts.body };
  const files = [{ path, pointer: "/mapping", placeOf }, ...drafts.files];
  const client = makeApiClient(parts);
  const preview = await client.call(
    "POST",
    `/mappings/${encodeURIComponent(name)}/preview`,
    previewAnswer,
    body,
    files,
  );
  // The server was sent values: the lines are those of the file here.
  const attributes = preview.attributes.map((each) => ({ ...each, ...placeOf(each.pointer) }));
  return { ...preview, attributes };
}
