import { type Call, idParameter, listOfIds, needsDetails, okBody, text } from "./call.ts";
import { type Corp, isListed, visibleTags } from "./corp.ts";
import type { DepartmentEntry, MemberEntry } from "./directory.ts";
import { ApiError } from "./errors.ts";
import { exportResult, orderExport } from "./export-endpoints.ts";
import { listIds } from "./list-id.ts";
import { listMembers, simpleListMembers } from "./list-members.ts";
import { getUserDetail, getUserInfo, holdsCode } from "./user-info.ts";
import { isShown, viewDepartment, viewMember, viewTag } from "./views.ts";

/** One call of the API that a token is needed for. */
export interface Endpoint {
  readonly method: "GET" | "POST";
  /** Name of the list that stays beside an error, empty. */
  readonly list?: string;
  /** Whether the call counts for no limit of frequency. */
  readonly isExempt?: (corp: Corp, query: Call["query"]) => boolean;
  /** JSON text of the answer, as text or bytes. Throws {@link ApiError}. */
  readonly answer: (call: Call) => string | Uint8Array;
}

/** The reading calls, by path below `/cgi-bin/`. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ["department/list", { method: "GET", list: "department", answer: listDepartments }],
  ["department/simplelist", { method: "GET", list: "department_id", answer: simpleListDepartments }],
  ["department/get", { method: "GET", answer: getDepartment }],
  ["user/get", { method: "GET", answer: getMember }],
  ["user/simplelist", { method: "GET", list: "userlist", answer: simpleListMembers }],
  ["user/list", { method: "GET", list: "userlist", answer: listMembers }],
  ["user/list_id", { method: "POST", list: "dept_user", answer: listIds }],
  ["tag/list", { method: "GET", list: "taglist", answer: listTags }],
  ["tag/get", { method: "GET", list: "userlist", answer: getTag }],
  ["agent/get", { method: "GET", answer: getAgent }],
  ["auth/getuserinfo", { method: "GET", answer: getUserInfo, isExempt: holdsCode }],
  ["auth/getuserdetail", { method: "POST", answer: getUserDetail }],
  ["export/user", { method: "POST", answer: orderExport("user") }],
  ["export/simple_user", { method: "POST", answer: orderExport("simple_user") }],
  ["export/department", { method: "POST", answer: orderExport("department") }],
  ["export/taguser", { method: "POST", answer: orderExport("taguser") }],
  ["export/get_result", { method: "GET", answer: exportResult }],
]);

/** WeCom doc path/90344: the department with all below it, or everything in sight. */
function listDepartments(call: Call): string {
  needsDetails(call);
  const view = call.corp.view(call.credential);
  return okBody({ department: departmentsAskedFor(call).map((entry) => viewDepartment(view, entry)) });
}

/** WeCom doc path/95406: only ids and edges, and those also for the contacts secret from any IP. */
function simpleListDepartments(call: Call): string {
  const rows = departmentsAskedFor(call).map(({ id, parentid, order }) => ({ id, parentid, order }));
  return okBody({ department_id: rows });
}

/** WeCom doc path/95407: `department` is one object here. */
function getDepartment(call: Call): string {
  needsDetails(call);
  const id = idParameter(call, "id");
  if (id === null) throw new ApiError(40063);
  return okBody({ department: viewDepartment(call.corp.view(call.credential), listedDepartment(call, id)) });
}

/** WeCom doc path/96255. Gone and out of scope look alike. */
function getMember(call: Call): string {
  needsDetails(call);
  const { corp } = call;
  const userid = text(call, "userid");
  if (userid === null) throw new ApiError(41009);
  if (Buffer.byteLength(userid) > 64) throw new ApiError(40058);
  if (!/^[0-9A-Za-z][0-9A-Za-z_\-@.]*$/.test(userid)) throw new ApiError(40003);
  const view = corp.view(call.credential);
  const entry = corp.directory.members.get(userid.toLowerCase());
  if (!entry) throw new ApiError(60111);
  if (!isShown(view.sight, view.settings, entry)) throw new ApiError(corp.settings.outOfScopeMember);
  return okBody(viewMember(view, entry.raw));
}

/** WeCom doc path/90216. */
function listTags(call: Call): string {
  needsTags(call);
  const tags = visibleTags(call.corp, call.credential);
  return okBody({ taglist: tags.map(({ id, name }) => ({ tagid: id, tagname: name })) });
}

/** WeCom doc path/90213: members in sight only, departments not expanded. */
function getTag(call: Call): string {
  needsTags(call);
  const { corp, credential } = call;
  const id = idParameter(call, "tagid");
  if (id === null) throw new ApiError(41017);
  const entry = corp.directory.tags.get(id);
  if (!entry) throw new ApiError(40068);
  if (!visibleTags(corp, credential).includes(entry)) throw new ApiError(60011);
  const { tagname, users, departments } = viewTag(corp.view(credential), entry);
  const nameShown = (userid: string) =>
    credential === "suite" ? userid : nameOf(corp.directory.members.get(userid.toLowerCase()));
  const userlist = users.map((userid) => ({ userid, name: nameShown(userid) }));
  return okBody({ tagname, userlist, partylist: departments });
}

/** The app's scope (WeCom doc path/90363). */
function getAgent(call: Call): string {
  const { corp } = call;
  const id = idParameter(call, "agentid");
  if (id === null) throw new ApiError(40056);
  if (call.credential !== "app" || id !== corp.credentials.agentId) throw new ApiError(301002);
  const scope = corp.scope();
  return okBody({
    agentid: id,
    name: "通讯录应用",
    close: corp.settings.appEnabled ? 0 : 1,
    redirect_domain: "",
    home_url: "",
    allow_userinfos: { user: scope.users.map((userid) => ({ userid })) },
    allow_partys: { partyid: scope.departments },
    allow_tags: { tagid: scope.tags },
  });
}

function departmentsAskedFor(call: Call): readonly DepartmentEntry[] {
  const { corp } = call;
  const view = corp.view(call.credential);
  const id = idParameter(call, "id");
  const within = id === null ? corp.directory.departments.values() : corp.directory.subtree(listedDepartment(call, id));
  const listed = listOfIds(within).filter((entry) => isListed(view, entry.id));
  if (listed.length === 0 && corp.settings.emptyTree === "refused") throw new ApiError(60011);
  return listed;
}

function listedDepartment(call: Call, id: number): DepartmentEntry {
  const { corp } = call;
  const entry = corp.directory.departments.get(id);
  if (!entry) throw new ApiError(corp.settings.unknownDepartment);
  if (!isListed(corp.view(call.credential), id)) throw new ApiError(60011);
  return entry;
}

function needsTags({ corp, credential }: Call): void {
  const { contactsIp, contactsTags } = corp.settings;
  if (credential === "contacts" && contactsIp === "new" && !contactsTags) throw new ApiError(48009);
}

function nameOf(entry: MemberEntry | undefined): string {
  return entry?.raw.name ?? "";
}
