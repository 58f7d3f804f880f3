import type { Check } from "../../lib/check.ts";
import type { DepartmentId, WecomApi } from "./api.ts";
import { contactsPage, saidOfContacts } from "./contacts-secret.ts";
import { WecomFault } from "./fault.ts";
import { readUserIds } from "./id-list.ts";
import type { AgentScope } from "./parse.ts";
import { subtree } from "./tree.ts";

/** What the other checks found out about the app's secret. */
export interface AppSight {
  /** What agent/get says; null where it was not asked, or did not answer. */
  readonly agent: AgentScope | null;
  /** Keys of the departments that the app is shown; null where they could not be read. */
  readonly departments: readonly string[] | null;
  /** The secret that stands in the app's place is the contacts secret. */
  readonly isContactsSecret: boolean;
}

/** So many pages of 10,000 rows are counted; a larger corp is told from there on as "at least". */
const mostPages = 20;
const widen = "add their departments to the app's 可见范围 (visible scope) on the app's page under 应用管理";

/** Tries the contacts secret: whether it is one, may be used from here, and how many ids it lists beside what the app sees. */
export async function checkContacts(contacts: WecomApi | null, sight: AppSight, signal: AbortSignal): Promise<Check> {
  if (contacts === null) return answer(true, withoutSecret);
  try {
    return await count(contacts, sight, signal);
  } catch (error) {
    if (!(error instanceof WecomFault)) throw error;
    const swapped =
      error.errcode === 48002 && sight.isContactsSecret
        ? " The two secrets are entered the wrong way round: this one is an app's, and the one entered as the app's (corpSecret) is the contacts secret. Exchange them."
        : "";
    return answer(
      false,
      `The contacts secret is of no use: ${saidOfContacts(error)}${swapped} As long as it stays so, syncs with this source remove nobody; without a contacts secret they judge by what the app sees.`,
    );
  }
}

const withoutSecret = `No contacts secret is given (${contactsPage}). Syncs read with the app's secret alone, which cannot tell somebody who left from somebody who is out of the app's sight: when its 可见范围 (visible scope) becomes smaller, nobody is removed until a person has decided. With the contacts secret its list of all ids tells them apart.`;

async function count(contacts: WecomApi, sight: AppSight, signal: AbortSignal): Promise<Check> {
  const departments = await contacts.departmentIds(signal);
  const visible = visibleDepartments(sight, departments);
  const singles = new Set(sight.agent?.userids.map((userid) => userid.toLowerCase()) ?? []);
  const people = new Set<string>();
  const inSight = new Set<string>();
  let pages = 0;
  let isWhole = true;
  for await (const rows of readUserIds(contacts, signal)) {
    if (pages === mostPages) {
      isWhole = false;
      break;
    }
    pages += 1;
    for (const { key, department } of rows) {
      people.add(key);
      if (visible?.has(department) || singles.has(key)) inSight.add(key);
    }
  }
  if (people.size === 0 || departments.length === 0) {
    return answer(
      false,
      `The contacts secret lists ${people.size} userids and ${departments.length} departments, and no corp is without any. See under ${contactsPage} that the secret is this corp's and that its API is switched on.`,
    );
  }
  const found = `The contacts secret lists ${isWhole ? "" : "at least "}${people.size} userids in ${departments.length} departments.`;
  if (visible === null) return answer(true, `${found} How many of them the app sees is not known.`);
  const rest = people.size - inSight.size;
  if (!isWhole) {
    return answer(
      true,
      `${found} Of those that were looked at, ${inSight.size} are in departments that the app sees, or are granted to it one by one; ${rest} are out of its sight (but for people whom it sees by a tag): they are not read. The others were not counted. To have them all read, ${widen}.`,
    );
  }
  const seen = `${inSight.size} of them are in the ${visible.size} departments that the app sees, or are granted to it one by one`;
  if (rest === 0) return answer(true, `${found} All of them are in departments that the app sees.`);
  return answer(
    true,
    `${found} ${seen}; ${rest} are out of its sight (but for people whom it sees by a tag): they are not read. To have them read, ${widen}.`,
  );
}

/** By what agent/get grants where that is known: the tree may show departments above them too. */
function visibleDepartments(
  { agent, departments }: AppSight,
  all: readonly DepartmentId[],
): ReadonlySet<string> | null {
  if (agent !== null) return subtree(all, agent.departments);
  return departments === null ? null : new Set(departments);
}

function answer(ok: boolean, detail: string): Check {
  return { name: "contacts", ok, detail };
}
