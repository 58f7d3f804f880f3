import { type JsonObject, member } from "../../lib/json.ts";
import type { SourceDepartment, SourceTag, SourceUser } from "../source.ts";
import type { WecomClient } from "./client.ts";
import { nonsense, WecomFault } from "./fault.ts";
import {
  type AgentScope,
  parseAgent,
  parseDepartment,
  parseLoneMember,
  parseMember,
  parseUserIdRow,
  requiredList,
} from "./parse.ts";
import { parseTagHead, type TagHead, toTag } from "./tag.ts";

/** Some people, and how many entries of the answer could not be understood. */
export interface MemberList {
  readonly members: readonly SourceUser[];
  readonly unreadable: number;
}

/** A department without its name. */
export interface DepartmentId {
  readonly key: string;
  readonly parent: string | null;
}

/** Rows of the list of userids: one for each person and department. `next` is null on the last page. */
export interface UserIdPage {
  readonly rows: readonly { readonly key: string; readonly department: string }[];
  readonly next: string | null;
}

/** The reading calls, each giving records. All throw a `WecomFault`, or the signal's reason. */
export interface WecomApi {
  authenticate(signal: AbortSignal): Promise<void>;
  agent(agentId: number, signal: AbortSignal): Promise<AgentScope>;
  departments(signal: AbortSignal): Promise<readonly SourceDepartment[]>;
  /** The direct members of a department. */
  members(department: string, signal: AbortSignal): Promise<MemberList>;
  /** Null for a member who is not there, or out of sight: the two can't be told apart. */
  member(userid: string, signal: AbortSignal): Promise<SourceUser | null>;
  tags(signal: AbortSignal): Promise<readonly TagHead[]>;
  /**
   * Null for a tag that is gone: tag/get does not know it, and the list of tags, asked again, does not name it any more.
   * One that only the app's visible scope names was in no list, so nothing shows that it is gone.
   */
  tag(head: TagHead, signal: AbortSignal): Promise<SourceTag | null>;
  /** Ids and edges of all departments that the token may see; the contacts secret sees all of them. */
  departmentIds(signal: AbortSignal): Promise<readonly DepartmentId[]>;
  /** A page of the list of all userids, which only the contacts secret may read; `cursor` is null for the first. */
  userIds(cursor: string | null, limit: number, signal: AbortSignal): Promise<UserIdPage>;
  /** What WeCom says of whoever came back from its authorisation page with this code; it can be asked once. */
  whoHolds(code: string, signal: AbortSignal): Promise<JsonObject>;
  /** The fields of the member who was given this ticket. */
  details(ticket: string, signal: AbortSignal): Promise<JsonObject>;
}

/** Errcodes of user/get for somebody who has left or is out of sight, and of tag/get for a deleted tag. */
const memberGone: ReadonlySet<number> = new Set([40003, 60111, 60121]);
const tagGone: ReadonlySet<number> = new Set([40068]);

export function makeWecomApi(client: WecomClient): WecomApi {
  const listTags = async (signal: AbortSignal): Promise<readonly TagHead[]> => {
    const list = requiredList(await client.call("tag/list", {}, signal), "taglist");
    return list.map((item) => parseTagHead(item) ?? fail("a tag without a usable id"));
  };
  return {
    authenticate: (signal) => client.authenticate(signal),

    agent: async (agentId, signal) => parseAgent(await client.call("agent/get", { agentid: agentId }, signal)),

    async departments(signal) {
      // Without an id: the whole tree that the token may see, in one answer (WeCom doc path/90208).
      const list = requiredList(await client.call("department/list", {}, signal), "department");
      return list.map((item) => parseDepartment(item) ?? fail("a department without a usable id"));
    },

    async members(department, signal) {
      const list = requiredList(await client.call("user/list", { department_id: department }, signal), "userlist");
      // Whoever is listed belongs at least to this department: without any, the entry is not to be trusted.
      const members = list
        .map(parseMember)
        .filter((member) => member !== null)
        .filter((member) => member.departments.length > 0);
      return { members, unreadable: list.length - members.length };
    },

    async member(userid, signal) {
      const answer = await unless(memberGone, client.call("user/get", { userid }, signal));
      return answer === null ? null : (parseLoneMember(answer) ?? fail("a member without userid"));
    },

    tags: listTags,

    async tag(head, signal) {
      const answer = await unless(tagGone, client.call("tag/get", { tagid: head.id }, signal), async (fault) => {
        if (head.name === null || (await listTags(signal)).some(({ id }) => id === head.id)) throw fault;
      });
      return answer === null ? null : toTag(head, answer);
    },

    async departmentIds(signal) {
      const list = requiredList(await client.call("department/simplelist", {}, signal), "department_id");
      return list.map((item) => parseDepartment(item) ?? fail("a department without a usable id"));
    },

    async userIds(cursor, limit, signal) {
      const body = cursor === null ? { limit } : { cursor, limit };
      const answer = await client.call("user/list_id", {}, signal, body);
      const rows = requiredList(answer, "dept_user").map(
        (row) => parseUserIdRow(row) ?? fail("an entry of the list of userids without userid or department"),
      );
      const next = member(answer, "next_cursor");
      // An empty cursor says that this was all. A full page without any may have been the last one, or not.
      if (next === undefined && rows.length < limit) return { rows, next: null };
      return typeof next === "string"
        ? { rows, next: next === "" ? null : next }
        : fail("a full page of the list of userids without next_cursor");
    },

    whoHolds: (code, signal) => client.call("auth/getuserinfo", { code }, signal),

    details: (ticket, signal) => client.call("auth/getuserdetail", {}, signal, { user_ticket: ticket }),
  };
}

/** Null instead of a fault with one of these errcodes, unless `confirm` throws. */
async function unless<T>(
  errcodes: ReadonlySet<number>,
  call: Promise<T>,
  confirm: (fault: WecomFault) => Promise<void> = async () => undefined,
): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    const said = error instanceof WecomFault && error.reaction === "object" && errcodes.has(error.errcode ?? 0);
    if (!said) throw error;
    await confirm(error);
    return null;
  }
}

function fail(what: string): never {
  throw nonsense(what);
}
