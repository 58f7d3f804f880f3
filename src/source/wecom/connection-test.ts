import type { Check, TestResult } from "../../lib/check.ts";
import { type SourceDepartment, SourceError, type SourceUser } from "../source.ts";
import type { WecomApi } from "./api.ts";
import { toSourceError, WecomFault } from "./fault.ts";
import type { AgentScope } from "./parse.ts";
import { readTree } from "./reader.ts";
import type { DepartmentTree } from "./tree.ts";
import { FieldSight, sensitiveFields } from "./unseen-fields.ts";

export interface ConnectionTestParts {
  /** The API under the app's secret. */
  readonly app: WecomApi;
  /** The API under the contacts secret, if there is one. */
  readonly contacts: WecomApi | null;
  readonly agentId: number | null;
}

/** Departments whose members are looked at. */
const sampledDepartments = 10;
/** The app's page in WeCom's admin console. */
const appPage = "the app's page in the admin console under 应用管理 (app management)";
const contactsPage = "管理工具 → 通讯录同步 (contacts synchronisation) in the admin console";
const openScope = `Add departments to the app's 可见范围 (visible scope) on ${appPage}.`;

/** What a call brought, or why it brought nothing. */
type Outcome<T> = { readonly value: T } | { readonly error: SourceError };

/** Tries what a sync will need, and says of each part what was found and what to do. Throws only when aborted. */
export async function testConnection(parts: ConnectionTestParts, signal: AbortSignal): Promise<TestResult> {
  const { app, contacts, agentId } = parts;
  const credentials = await outcomeOf(app.authenticate(signal));
  // Without a token nothing else is tried: calls with wrong secrets get the address banned.
  const after = <T>(call: () => Promise<T>): Promise<Outcome<T>> =>
    "error" in credentials ? Promise.resolve(credentials) : outcomeOf(call());
  const agent = agentId === null ? null : await after(() => app.agent(agentId, signal));
  const tree = await after(() => readTree(app, signal));
  const sample = "error" in tree ? tree : await outcomeOf(sampleMembers(app, tree.value, signal));
  const tags = await after(() => app.tags(signal));
  const idList = contacts === null ? null : await outcomeOf(contacts.probeIdList(signal));
  const checks = [
    credentialsCheck(credentials),
    ipCheck(credentials, [credentials, tree, tags, ...(agent === null ? [] : [agent])]),
    scopeCheck(agent),
    departmentsCheck(tree),
    membersCheck(sample),
    fieldsCheck(sample),
    contactsCheck(idList),
    tagsCheck(tags),
  ];
  return { ok: checks.every(({ ok }) => ok), checks };
}

interface Sample {
  readonly members: readonly SourceUser[];
  readonly looked: number;
  readonly total: number;
}

/** The members of the first departments, until some are found. */
async function sampleMembers(api: WecomApi, tree: DepartmentTree, signal: AbortSignal): Promise<Sample> {
  const members: SourceUser[] = [];
  let looked = 0;
  for (const { key } of topFirst(tree).slice(0, sampledDepartments)) {
    if (members.length > 0) break;
    members.push(...(await api.members(key, signal)).members);
    looked += 1;
  }
  return { members, looked, total: tree.departments.length };
}

function topFirst({ departments, roots }: DepartmentTree): readonly SourceDepartment[] {
  const isRoot = new Set(roots);
  const tops = departments.filter(({ key }) => isRoot.has(key));
  return [...tops, ...departments.filter(({ key }) => !isRoot.has(key))];
}

function credentialsCheck(outcome: Outcome<unknown>): Check {
  if ("error" in outcome) return failed("credentials", outcome.error.message);
  return passed("credentials", "WeCom accepts the corp id and the app's secret.");
}

/** The address is checked by WeCom with a call's token, so any call that got past that shows that it is trusted. */
function ipCheck(credentials: Outcome<unknown>, outcomes: readonly Outcome<unknown>[]): Check {
  const refused = outcomes.map(errorOf).find((error) => error?.code === "wecom.ip-untrusted");
  if (refused) return failed("ip", refused.message);
  if ("error" in credentials) return failed("ip", notReached(credentials.error));
  const answered = outcomes.slice(1).some((outcome) => "value" in outcome || (outcome.error.errcode ?? -1) > 0);
  if (answered) return passed("ip", "WeCom accepts calls from this machine's address.");
  return failed("ip", "Not known: none of the calls got an answer of WeCom. Try again.");
}

function scopeCheck(outcome: Outcome<AgentScope> | null): Check {
  if (outcome === null) {
    return passed(
      "scope",
      `No agentId is given, so the app's visible scope was not asked for: people who are granted to the app one by one are not found. Copy the AgentId from ${appPage}.`,
    );
  }
  if ("error" in outcome) return failed("scope", outcome.error.message);
  const { departments, userids, tags, closed } = outcome.value;
  const found = `The app's visible scope (可见范围): ${departments.length} departments, ${userids.length} single members, ${tags.length} tags.`;
  if (closed) return failed("scope", `${found} The app is disabled: enable it on ${appPage}.`);
  const empty = departments.length + userids.length + tags.length === 0;
  return empty ? failed("scope", `${found} ${openScope}`) : passed("scope", found);
}

function departmentsCheck(outcome: Outcome<DepartmentTree>): Check {
  if ("error" in outcome) return failed("departments", outcome.error.message);
  const { departments, roots } = outcome.value;
  if (departments.length === 0) return failed("departments", `The app sees no department. ${openScope}`);
  const shown = roots.slice(0, 10).join(", ");
  const more = roots.length > 10 ? ` and ${roots.length - 10} more` : "";
  return passed("departments", `${departments.length} departments, topmost: ${shown}${more}.`);
}

function membersCheck(outcome: Outcome<Sample>): Check {
  if ("error" in outcome) return failed("members", outcome.error.message);
  const { members, looked, total } = outcome.value;
  if (members.length > 0) return passed("members", `${members.length} members in the first ${looked} departments.`);
  if (looked < total)
    return passed("members", `No members in the first ${looked} of ${total} departments; the rest was not looked at.`);
  return failed("members", `The departments that the app sees have no members. ${openScope}`);
}

function fieldsCheck(outcome: Outcome<Sample>): Check {
  if ("error" in outcome || outcome.value.members.length === 0) {
    return passed("fields", "Not known yet: no member was read.");
  }
  const sight = new FieldSight();
  sight.note(outcome.value.members);
  const unseen = sensitiveFields.filter((field) => sight.unseen.includes(field));
  const seen = sensitiveFields.filter((field) => !unseen.includes(field));
  if (unseen.length === 0) return passed("fields", `All sensitive fields arrive: ${seen.join(", ")}.`);
  return passed(
    "fields",
    `Sensitive fields that arrive: ${seen.join(", ") || "none"}. Without a value for anybody looked at: ${unseen.join(", ")}. Apps made after 20 June 2022 do not get them; they then stay as they are in the targets. An app made earlier does: use its secret if there is one.`,
  );
}

function contactsCheck(outcome: Outcome<void> | null): Check {
  if (outcome === null) {
    return passed(
      "contacts",
      `No contacts secret (${contactsPage}) is given. None is needed: syncs read with the app's secret.`,
    );
  }
  if ("value" in outcome) return passed("contacts", "The contacts secret may list all userids.");
  const hint =
    outcome.error.code === "wecom.api-not-allowed"
      ? ` This looks like another app's secret: copy the Secret from ${contactsPage}.`
      : ` The contacts secret and its own list of trusted addresses (企业可信IP) are under ${contactsPage}.`;
  return failed("contacts", `The contacts secret was not of use: ${outcome.error.message}${hint}`);
}

function tagsCheck(outcome: Outcome<readonly unknown[]>): Check {
  if ("error" in outcome) return failed("tags", outcome.error.message);
  return passed("tags", `${outcome.value.length} tags.`);
}

async function outcomeOf<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await call };
  } catch (error) {
    if (error instanceof WecomFault) return { error: toSourceError(error) };
    if (error instanceof SourceError) return { error };
    throw error;
  }
}

function errorOf(outcome: Outcome<unknown>): SourceError | null {
  return "error" in outcome ? outcome.error : null;
}

function notReached(error: SourceError): string {
  return `Not reached, since there is no access token (${error.code}). See the check "credentials".`;
}

function passed(name: string, detail: string): Check {
  return { name, ok: true, detail };
}

function failed(name: string, detail: string): Check {
  return { name, ok: false, detail };
}
