import { type Call, idParameter, needsDetails, okBody } from "./call.ts";
import type { DepartmentEntry, MemberEntry } from "./directory.ts";
import { ApiError } from "./errors.ts";
import type { RawMember } from "./model.ts";
import { seesDepartment } from "./sight.ts";
import { isShown, type View, viewMember } from "./views.ts";

/** WeCom doc path/96260: the direct members of a department with all fields. The text is kept while nothing changes. */
export function listMembers(call: Call): string | Uint8Array {
  return answer(call, "list", (view, raw) => viewMember(view, raw));
}

/** WeCom doc path/96259: the direct members of a department. */
export function simpleListMembers(call: Call): string | Uint8Array {
  return answer(call, "simplelist", (view, raw) => {
    const { userid, name, department } = viewMember(view, raw);
    return { userid, name, department };
  });
}

function answer(call: Call, kind: string, show: (view: View, raw: RawMember) => object): string | Uint8Array {
  needsDetails(call);
  const { corp, credential } = call;
  const view = corp.view(credential);
  const department = visibleDepartment(call, view);
  const make = (members: Iterable<MemberEntry>) => {
    const shown = [...members].filter((entry) => isShown(view.sight, view.settings, entry));
    return okBody({ userlist: shown.map((entry) => show(view, entry.raw)) });
  };
  if (corp.settings.fetchChild && call.query("fetch_child") === "1") {
    const below = [...corp.directory.subtree(department)].flatMap(({ members }) => [...members]);
    return make(new Set(below));
  }
  // With the whole corp in sight an answer depends on the department's members alone.
  const version = view.sight.everything ? department.version : `corp ${corp.directory.version}`;
  const stamp = `${version}:${corp.settingsVersion}`;
  return corp.cache.get(`${kind} ${credential} ${department.id}`, stamp, () => make(department.members));
}

function visibleDepartment(call: Call, view: View): DepartmentEntry {
  const id = idParameter(call, "department_id");
  if (id === null) throw new ApiError(40063);
  const department = view.directory.departments.get(id);
  if (!department) throw new ApiError(view.settings.unknownDepartment);
  if (!seesDepartment(view.sight, id)) throw new ApiError(60011);
  return department;
}
