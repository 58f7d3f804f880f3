import { openFile } from "../mapping/open-file.ts";
import { formatProblem, MappingError } from "../mapping/problem.ts";
import { impactAnswer } from "./answers.ts";
import { makeApiClient, type SentFile } from "./api-client.ts";
import { isEmptyImpact, reportImpact } from "./impact-report.ts";
import { CliError, type CliParts } from "./parts.ts";
import { plain } from "./text.ts";
import { readWritten } from "./written-files.ts";

/** Options of `mapping impact`. */
export interface ImpactOptions {
  readonly sources?: string;
  /** Files of extension schemas that are not in force yet. */
  readonly extension: readonly string[];
  readonly detailedExitcode: boolean;
  readonly json: boolean;
}

/**
 * Asks the server what a mapping file would change. Answers 0; with `--detailed-exitcode` 0 for nothing, 2 for changes.
 *
 * @throws CliError when the file has mistakes, or the server does not answer
 */
export async function measureImpact(parts: CliParts, path: string, options: ImpactOptions): Promise<number> {
  const { name, value, placeOf } = await openOrFail(path);
  const sources = options.sources?.split(",").map((each) => each.trim());
  const client = makeApiClient(parts);
  const drafts = await readDrafts(options.extension);
  const body = { mapping: value, ...(sources !== undefined && { sources }), ...drafts.body };
  const files = [{ path, pointer: "/mapping", placeOf }, ...drafts.files];
  const answer = await client.call("POST", `/mappings/${encodeURIComponent(name)}/impact`, impactAnswer, body, files);
  // The server was sent values: the lines are those of the file here.
  const here = <W extends { readonly file: string; readonly pointer: string }>(warning: W): W =>
    warning.file === `mappings/${name}.json` ? { ...warning, file: path, ...placeOf(warning.pointer) } : warning;
  const impact = {
    ...answer,
    warnings: answer.warnings.map(here),
    sources: answer.sources.map((source) => ({ ...source, warnings: source.warnings.map(here) })),
  };
  parts.stdout.write(options.json ? `${JSON.stringify(impact, null, 2)}\n` : reportImpact(impact));
  return options.detailedExitcode && !isEmptyImpact(impact) ? 2 : 0;
}

/** Reads a file for the server. @throws CliError when it can't be read or is no JSON */
export async function openOrFail(path: string): Promise<ReturnType<typeof openFile>> {
  try {
    return openFile(await readWritten(path));
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    throw new CliError(1, error.problems.map((problem) => plain(formatProblem(problem))).join("\n"));
  }
}

/** Extension schemas that are not in force, as the API takes them. @throws CliError as {@link openOrFail} does */
export async function readDrafts(
  paths: readonly string[],
): Promise<{ readonly body: object; readonly files: readonly SentFile[] }> {
  if (paths.length === 0) return { body: {}, files: [] };
  const drafts = await Promise.all(paths.map(async (path) => ({ path, ...(await openOrFail(path)) })));
  return {
    body: { extensions: Object.fromEntries(drafts.map(({ name, value }) => [name, value])) },
    files: drafts.map(({ path, name, placeOf }) => ({ path, pointer: `/extensions/${name}`, placeOf })),
  };
}
