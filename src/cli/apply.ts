import { type Command, InvalidArgumentError, Option } from "commander";
import { comparisonAnswer, type SourceEndAnswer, sourceEndAnswer } from "./answers.ts";
import { type ApiClient, ApiRefusal, makeApiClient } from "./api-client.ts";
import { type ApplyPlan, makeApplyPlan, namedThoughDeleted, type Step } from "./apply-plan.ts";
import { nameThing, reportApplyPlan, reportSourceEnd } from "./apply-report.ts";
import { type CarriedOut, carryOut, type Decisions, reportFailure } from "./carry-out.ts";
import { type ConfigurationFile, readConfigurationFile, sayProblems } from "./configuration-file.ts";
import { CliError, type CliParts } from "./parts.ts";
import { openSecretsFile, type ShownOnce } from "./secrets-file.ts";
import { plain } from "./text.ts";

interface ApplyOptions {
  readonly file: string;
  readonly plan: boolean;
  readonly prune: boolean;
  readonly people?: "keep" | "deactivate" | "delete";
  readonly links: ReadonlyMap<string, "keep" | "forget">;
  readonly yes: boolean;
  readonly secretsFile?: string;
  readonly detailedExitcode: boolean;
  readonly json: boolean;
}

/** `apply`: makes a server's configuration what a file says. */
export function addApply(program: Command, parts: CliParts, end: (exitCode: number) => void): void {
  program
    .command("apply")
    .description("makes the configuration of a server what a file says; what the file does not name is left alone")
    .requiredOption("-f, --file <file>", "the configuration; - is standard input")
    .option("--plan", "only says what would be done", false)
    .option("--prune", "deletes what the file does not name, of the lists that it has", false)
    .addOption(
      new Option("--people <policy>", "what becomes of the people of sources that --prune deletes").choices([
        "keep",
        "deactivate",
        "delete",
      ]),
    )
    .addOption(
      new Option(
        "--links <target=policy>",
        "keep or forget the links of a target that gets another baseUrl; repeatable",
      )
        .argParser(addLinks)
        .default(new Map(), "none"),
    )
    .option("--yes", "deletes without asking; what would be lost was looked at", false)
    .option("--secrets-file <file>", "where tokens and secrets that are shown once are written, with mode 0600")
    .option("--detailed-exitcode", "with --plan: ends with 0 for nothing to do, 1 for an error, 2 for changes", false)
    .option("--json", "prints JSON", false)
    .action(async (options: ApplyOptions) => {
      if (options.detailedExitcode && !options.plan) throw new CliError(2, "--detailed-exitcode goes with --plan");
      try {
        end(await applyFile(parts, options));
      } catch (error) {
        // 2 would mean that there are changes.
        if (options.detailedExitcode && error instanceof CliError) throw new CliError(1, error.message);
        throw error;
      }
    });
}

function addLinks(text: string, before: ReadonlyMap<string, "keep" | "forget">) {
  const [, name, policy] = /^(.+)=(keep|forget)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("Expected the name of a target with =keep or =forget.");
  return new Map([...before, [name, policy as "keep" | "forget"]]);
}

async function applyFile(parts: CliParts, options: ApplyOptions): Promise<number> {
  const client = makeApiClient(parts);
  const file = await readConfigurationFile(parts, options.file);
  const plan = makeApplyPlan(file.document, await compare(client, file), options);
  const contradictions = namedThoughDeleted(file.document, plan).map((pointer) => ({
    pointer,
    detail:
      "names a source that the file does not have, and that --prune would delete: take it out, or have it in sources",
  }));
  if (contradictions.length > 0) throw new CliError(1, sayProblems(file, contradictions));
  const ends = await lookAtEnds(client, plan, options);
  const say = (text: string): void => void (options.json || parts.stdout.write(text));
  say(reportApplyPlan(plan));
  for (const [name, preview] of ends) say(reportSourceEnd(name, options.people ?? "", preview));
  const missing = whatIsMissing(parts, plan, options);
  if (options.plan) {
    if (missing.length > 0) say(`Applying it needs: ${missing.join("; ")}.\n`);
    if (options.json) parts.stdout.write(toJson(plan, { ends }));
    return options.detailedExitcode && plan.steps.length > 0 ? 2 : 0;
  }
  if (missing.length > 0) {
    if (options.json) parts.stdout.write(toJson(plan, { ends }));
    throw new CliError(1, plain(`Nothing was done. It needs: ${missing.join("; ")}.`));
  }
  const decisions: Decisions = {
    people: options.people,
    links: options.links,
    confirm: new Map([...ends].map(([name, { confirm }]) => [name, confirm])),
  };
  const carriedOut = await applyPlan(parts, client, plan, file, decisions, options);
  if (options.json) parts.stdout.write(toJson(plan, { ends, carriedOut }));
  if (carriedOut.failed === null) return 0;
  parts.stderr.write(
    reportFailure(carriedOut)
      .split("\n")
      .map((line) => plain(line))
      .join("\n"),
  );
  return 1;
}

/** @throws CliError with everything that is wrong with the file, each with its place */
async function compare(client: ApiClient, file: ConfigurationFile) {
  const unreadable = new Set(file.problems.map(({ pointer }) => pointer));
  try {
    const { items } = await client.call("POST", "/configuration/compare", comparisonAnswer, file.document);
    if (file.problems.length === 0) return items;
  } catch (error) {
    const refused = error instanceof ApiRefusal && error.status === 400 ? error.errors : null;
    if (refused === null && file.problems.length === 0) throw error;
    // What stands in for a text that could not be read is not wrong in itself.
    const others = (refused ?? []).flatMap(({ pointer = "", detail }) =>
      unreadable.has(pointer) ? [] : [{ pointer, detail }],
    );
    if (file.problems.length + others.length === 0) throw error;
    throw new CliError(1, sayProblems(file, [...file.problems, ...others]));
  }
  throw new CliError(1, sayProblems(file, file.problems));
}

/** What the ends of the sources that would be deleted would take away. */
async function lookAtEnds(
  client: ApiClient,
  { steps }: ApplyPlan,
  { people }: ApplyOptions,
): Promise<ReadonlyMap<string, SourceEndAnswer>> {
  const ends = new Map<string, SourceEndAnswer>();
  if (people === undefined) return ends;
  for (const { name, path } of steps.filter(isSourceEnd)) {
    ends.set(name, await client.call("GET", `${path}/end?people=${people}`, sourceEndAnswer));
  }
  return ends;
}

const isSourceEnd = ({ kind, action }: Step): boolean => kind === "sources" && action === "delete";

/** What has to be said before a plan is carried out, and was not. */
function whatIsMissing({ stdout }: CliParts, { steps }: ApplyPlan, options: ApplyOptions): readonly string[] {
  const missing: string[] = [];
  if (steps.some(isSourceEnd) && options.people === undefined) {
    missing.push("--people keep, deactivate or delete, for the people of sources that would be deleted");
  }
  if (steps.some(({ action }) => action === "delete") && !options.yes) {
    missing.push("--yes, once you have looked at what would be deleted");
  }
  for (const { name, links } of steps) {
    if (links === 0 || options.links.has(name)) continue;
    missing.push(
      `--links ${name}=keep, if it is the same server under another address, or --links ${name}=forget, if it is another one`,
    );
  }
  const shownOnce = steps.filter(({ kind, action }) => action === "create" && givesSecret.has(kind));
  if (shownOnce.length > 0 && options.secretsFile === undefined && (stdout.isTTY !== true || options.json)) {
    const names = shownOnce.map(nameThing).join(", ");
    missing.push(`--secrets-file <file>, for what is shown only once (${names}), because the output is no terminal`);
  }
  return missing;
}

/** Whose creation answers a token or secret. */
const givesSecret: ReadonlySet<string> = new Set(["scimClients", "webhooks"]);

async function applyPlan(
  { stdout }: CliParts,
  client: ApiClient,
  plan: ApplyPlan,
  file: ConfigurationFile,
  decisions: Decisions,
  { secretsFile, json }: ApplyOptions,
): Promise<CarriedOut> {
  const isNeeded = plan.steps.some(({ kind, action }) => action === "create" && givesSecret.has(kind));
  const secrets = secretsFile === undefined || !isNeeded ? null : await openSecretsFile(secretsFile);
  const words = { create: "created", update: "changed", delete: "deleted" } as const;
  const onDone = async (step: Step, secret: ShownOnce | null): Promise<void> => {
    if (secret !== null) await secrets?.add(secret);
    if (json) return;
    stdout.write(plain(`${words[step.action]} ${nameThing(step)}`).concat("\n"));
    if (secret === null) return;
    stdout.write(
      secrets === null
        ? `    its secret, which is not shown again: ${plain(secret.secret)}\n`
        : plain(`    its secret is in ${secretsFile}`).concat("\n"),
    );
  };
  return await carryOut(client, plan, file, decisions, onDone).finally(() => secrets?.close());
}

/** The plan, and what came of it, without bodies: those hold secrets. */
function toJson(
  { steps, leftAlone }: ApplyPlan,
  { ends, carriedOut }: { readonly ends: ReadonlyMap<string, SourceEndAnswer>; readonly carriedOut?: CarriedOut },
): string {
  const stateOf = (step: Step): string => {
    if (carriedOut === undefined) return "planned";
    if (carriedOut.failed?.step === step) return carriedOut.failed.unknown ? "unknown" : "failed";
    return carriedOut.done.includes(step) ? "done" : "not-done";
  };
  const shown = steps.map((step) => {
    const { kind, name, action, changes } = step;
    return { kind, name, action, state: stateOf(step), changes };
  });
  const error = carriedOut?.failed?.why ?? null;
  return `${JSON.stringify({ steps: shown, leftAlone, ends: Object.fromEntries(ends), error }, null, 2)}\n`;
}
