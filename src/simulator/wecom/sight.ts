import type { DepartmentEntry, Directory, MemberEntry, TagEntry } from "./directory.ts";
import { useridKey } from "./model.ts";
import type { Scope } from "./settings.ts";

/** What a credential sees of a directory at one moment. */
export interface Sight {
  /** True when nothing is hidden: the sets are then empty and not asked. */
  readonly everything: boolean;
  /** Departments of the scope with all below them; also the departments of the scope's tags. */
  readonly departments: ReadonlySet<number>;
  /** Departments above visible ones that are not visible themselves. */
  readonly ancestors: ReadonlySet<number>;
  /** Members named one by one, or by a tag. */
  readonly singles: ReadonlySet<MemberEntry>;
}

export const fullSight: Sight = {
  everything: true,
  departments: new Set(),
  ancestors: new Set(),
  singles: new Set(),
};

/** Works out what a scope shows: its departments with their subtrees, its users, and both kinds of its tags' entries. */
export function makeSight(directory: Directory, scope: Scope): Sight {
  if (scope.departments.includes(1)) return fullSight;
  const tags = scope.tags.flatMap((id): readonly TagEntry[] => {
    const tag = directory.tags.get(id);
    return tag ? [tag] : [];
  });
  const departments = new Set<number>();
  for (const id of [...scope.departments, ...tags.flatMap((tag) => [...tag.departments])]) {
    const top = directory.departments.get(id);
    if (!top || departments.has(id)) continue;
    for (const department of directory.subtree(top)) departments.add(department.id);
  }
  const singles = new Set<MemberEntry>(tags.flatMap((tag) => [...tag.users]));
  for (const userid of scope.users) {
    const member = directory.members.get(useridKey(userid));
    if (member) singles.add(member);
  }
  return { everything: false, departments, ancestors: ancestorsOf(directory, departments), singles };
}

export function seesDepartment(sight: Sight, id: number): boolean {
  return sight.everything || sight.departments.has(id);
}

export function seesMember(sight: Sight, member: MemberEntry): boolean {
  if (sight.everything || sight.singles.has(member)) return true;
  return member.raw.department.some((id) => sight.departments.has(id));
}

function ancestorsOf(directory: Directory, departments: ReadonlySet<number>): ReadonlySet<number> {
  const above = new Set<number>();
  const parentOf = (id: number): DepartmentEntry | undefined =>
    directory.departments.get(directory.departments.get(id)?.parentid ?? 0);
  for (const id of departments) {
    for (let up = parentOf(id); up && !departments.has(up.id) && !above.has(up.id); up = parentOf(up.id))
      above.add(up.id);
  }
  return above;
}
