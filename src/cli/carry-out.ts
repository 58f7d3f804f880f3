import { isJsonObject } from "../lib/json.ts";
import { madeAnswer } from "./answers.ts";
import { type ApiClient, ApiRefusal } from "./api-client.ts";
import type { ApplyPlan, Step } from "./apply-plan.ts";
import { nameThing } from "./apply-report.ts";
import type { ConfigurationFile } from "./configuration-file.ts";
import { CliError } from "./parts.ts";
import type { ShownOnce } from "./secrets-file.ts";

/** What the operator has said with the command. */
export interface Decisions {
  /** Of sources that are deleted. */
  readonly people: string | undefined;
  /** By the name of the source: the word of the preview that was shown; null where nothing is lost. */
  readonly confirm: ReadonlyMap<string, string | null>;
  /** By the name of a target that gets another baseUrl. */
  readonly links: ReadonlyMap<string, "keep" | "forget">;
}

/** What came of a plan. Steps after one that failed were not begun. */
export interface CarriedOut {
  readonly done: readonly Step[];
  readonly failed: { readonly step: Step; readonly why: string; readonly unknown: boolean } | null;
  readonly notDone: readonly Step[];
}

/**
 * Does one step after the other, and stops at the first that fails.
 *
 * @param onDone hears of each step that was done, with the secret that is shown this once
 */
export async function carryOut(
  client: ApiClient,
  { steps }: ApplyPlan,
  file: Pick<ConfigurationFile, "path" | "placeOf">,
  decisions: Decisions,
  onDone: (step: Step, secret: ShownOnce | null) => Promise<void>,
): Promise<CarriedOut> {
  for (const [index, step] of steps.entries()) {
    const sent = { path: file.path, pointer: "", placeOf: (pointer: string) => file.placeOf(step.place + pointer) };
    try {
      const { path, body } = withDecisions(step, decisions);
      const made = await client.call(step.method, path, madeAnswer, body ?? undefined, step.place === "" ? [] : [sent]);
      const secret = made?.token ?? made?.secret;
      const isNew = step.action === "create" && secret !== undefined;
      await onDone(step, isNew ? { kind: step.kind, name: step.name, secret } : null);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      // A deletion that was lost on the way and is asked for again finds nothing any more.
      if (step.action === "delete" && error instanceof ApiRefusal && error.status === 404) {
        await onDone(step, null);
        continue;
      }
      const unknown = !(error instanceof ApiRefusal) || error.status >= 500;
      const failed = { step, why: error.message, unknown };
      return { done: steps.slice(0, index), failed, notDone: steps.slice(index + 1) };
    }
  }
  return { done: steps, failed: null, notDone: [] };
}

function withDecisions(
  { kind, name, action, path, body, links }: Step,
  decisions: Decisions,
): { readonly path: string; readonly body: object | null } {
  if (action === "delete" && kind === "sources") {
    const confirm = decisions.confirm.get(name) ?? null;
    const query = new URLSearchParams({
      people: decisions.people ?? "",
      ...(confirm !== null && { confirm }),
    });
    return { path: `${path}?${query}`, body };
  }
  const said = links > 0 ? decisions.links.get(name) : undefined;
  return { path, body: said !== undefined && isJsonObject(body) ? { ...body, links: said } : body };
}

/** What came of a plan that was not carried out to its end, for a person. */
export function reportFailure({ done, failed, notDone }: CarriedOut): string {
  if (failed === null) return "";
  const { step, why, unknown } = failed;
  const names = (steps: readonly Step[]): string =>
    steps.length === 0 ? "nothing" : steps.map((each) => `${each.action} ${nameThing(each)}`).join(", ");
  const lost =
    step.action === "create" && (step.kind === "scimClients" || step.kind === "webhooks")
      ? " Is it there all the same, its secret was not seen: delete it, or rotate it, first."
      : "";
  return [
    `Failed: ${step.action} ${nameThing(step)}`,
    ...why.split("\n").map((line) => `    ${line}`),
    ...(unknown ? [`    Whether it was done is not known.${lost}`] : []),
    `Done: ${names(done)}`,
    `Not done: ${names(notDone)}`,
    "Apply again once the cause is gone: what is done already is not done twice.",
    "",
  ].join("\n");
}
