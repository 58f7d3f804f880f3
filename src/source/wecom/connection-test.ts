import type { Check, TestResult } from "../../lib/check.ts";
import { type SourceDepartment, SourceError, type SourceUser, type TestNotes } from "../source.ts";
import type { WecomApi } from "./api.ts";
import { checkContacts } from "./contacts-check.ts";
import { toSourceError, WecomFault } from "./fault.ts";
import { checkFields } from "./fields-check.ts";
import type { AgentScope } from "./parse.ts";
import { readTree, seesSinglesOnly } from "./reader.ts";
import type { DepartmentTree } from "./tree.ts";

export interface ConnectionTestParts extends TestNotes {
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
  const singles = agent !== null && "value" in agent && seesSinglesOnly(agent.value) ? agent.value : null;
  const tree = treeOf(await after(() => readTree(app, signal)), singles);
  const sample = "error" in tree ? tree : await outcomeOf(sampleMembers(app, tree.value, singles, signal));
  const tags = await after(() => app.tags(signal));
  const isContactsSecret = await looksLikeContacts(app, [agent, tree], signal);
  const sight = {
    agent: agent !== null && "value" in agent ? agent.value : null,
    departments: "value" in tree ? tree.value.departments.map(({ key }) => key) : null,
    isContactsSecret,
  };
  const checks = [
    isContactsSecret ? contactsAsApp(tree) : credentialsCheck(credentials),
    ipCheck(credentials, [credentials, tree, tags, ...(agent === null ? [] : [agent])]),
    scopeCheck(agent),
    departmentsCheck(tree, singles),
    membersCheck(sample, singles),
    await checkFields("error" in sample ? [] : sample.value.members, agentId, parts),
    await checkContacts(contacts, sight, signal),
    tagsCheck(tags),
  ];
  return { ok: checks.every(({ ok }) => ok), checks };
}

/** How WeCom refuses to the contacts secret what it answers to an app. */
const refusesContacts: ReadonlySet<number> = new Set([48002, 48009, 301002]);

/** Whether the app's secret is the contacts secret: only that one may list all userids. Asked only where it looks so. */
async function looksLikeContacts(
  app: WecomApi,
  outcomes: readonly (Outcome<unknown> | null)[],
  signal: AbortSignal,
): Promise<boolean> {
  const looks = outcomes.some((outcome) => refusesContacts.has((outcome && errorOf(outcome))?.errcode ?? 0));
  return looks && "value" in (await outcomeOf(app.userIds(null, 1, signal)));
}

function contactsAsApp(tree: Outcome<DepartmentTree>): Check {
  const found =
    "The secret entered as the app's (corpSecret) is the contacts secret (通讯录同步): it may list all userids, which only that one may.";
  const app =
    "Enter the Secret of a self-built app (应用管理 → 自建) as corpSecret, with its AgentId, and this one as contactsSecret.";
  if ("value" in tree) {
    return failed(
      "credentials",
      `${found} It still reads everything here, because this address was in use for it before 15 August 2022; it is no app and has no AgentId. Leave the AgentId out to go on like that. Better: ${app}`,
    );
  }
  return failed(
    "credentials",
    `${found} From this address it reads ids alone: no names of people or departments, no position, no mobile, no e-mail. Nobody can be provisioned with that. ${app}`,
  );
}

interface Sample {
  readonly members: readonly SourceUser[];
  readonly looked: number;
  readonly total: number;
}

/** A refused tree is an empty one for an app that is granted people and tags alone. */
function treeOf(outcome: Outcome<DepartmentTree>, singles: AgentScope | null): Outcome<DepartmentTree> {
  const isEmpty = "error" in outcome && outcome.error.code === "wecom.scope-empty";
  return isEmpty && singles !== null ? { value: { departments: [], roots: [] } } : outcome;
}

/** The members of the first departments, until some are found; or those whom the app is granted one by one. */
async function sampleMembers(
  api: WecomApi,
  tree: DepartmentTree,
  singles: AgentScope | null,
  signal: AbortSignal,
): Promise<Sample> {
  const members: SourceUser[] = [];
  if (singles !== null && tree.departments.length === 0) {
    for (const userid of singles.userids.slice(0, sampledDepartments)) {
      const member = await api.member(userid, signal);
      if (member !== null) members.push(member);
    }
    return { members, looked: 0, total: 0 };
  }
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

function departmentsCheck(outcome: Outcome<DepartmentTree>, singles: AgentScope | null): Check {
  if ("error" in outcome) return failed("departments", outcome.error.message);
  const { departments, roots } = outcome.value;
  if (departments.length === 0 && singles !== null) {
    return passed(
      "departments",
      `The app is granted people and tags alone: no department is read, and none becomes a group. ${openScope}`,
    );
  }
  if (departments.length === 0) return failed("departments", `The app sees no department. ${openScope}`);
  const shown = roots.slice(0, 10).join(", ");
  const more = roots.length > 10 ? ` and ${roots.length - 10} more` : "";
  return passed("departments", `${departments.length} departments, topmost: ${shown}${more}.`);
}

function membersCheck(outcome: Outcome<Sample>, singles: AgentScope | null): Check {
  if ("error" in outcome) return failed("members", outcome.error.message);
  const { members, looked, total } = outcome.value;
  if (total === 0 && singles !== null) {
    if (members.length > 0) return passed("members", `${members.length} members who are granted one by one.`);
    if (singles.tags.length > 0) return passed("members", "The people of tags were not looked at.");
  }
  if (members.length > 0) return passed("members", `${members.length} members in the first ${looked} departments.`);
  if (looked < total)
    return passed("members", `No members in the first ${looked} of ${total} departments; the rest was not looked at.`);
  return failed("members", `The departments that the app sees have no members. ${openScope}`);
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
