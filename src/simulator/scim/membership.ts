import { isJsonObject, type Json } from "../../lib/json.ts";
import { findAttribute } from "./attribute.ts";
import type { Directory, Entry } from "./directory.ts";
import type { Filter } from "./filter-syntax.ts";
import type { Judge } from "./journal.ts";
import type { Model } from "./model.ts";
import type { AttributeTarget } from "./patch-apply.ts";
import type { Operation } from "./patch-operation.ts";
import { cleanElements, isArray, quoted } from "./values.ts";

export interface MemberRules {
  readonly nestedGroups: boolean;
  /** `skipped`: ids that nobody has are passed over in silence. */
  readonly unknownMembers: "refused" | "skipped";
  /** `clears`: any remove of members takes everybody out, and a path with a value filter does nothing. */
  readonly memberRemoval: "plain" | "clears";
  /** False: members can't be replaced, nor removed, all at once. */
  readonly memberReplace: boolean;
}

/**
 * The ids in a cleaned list of members, each checked: it exists, and is of the type that was said.
 *
 * @param groupId the group, once it has an id
 */
export function memberIds(
  members: Json | undefined,
  groupId: string | undefined,
  directory: Directory,
  { nestedGroups, unknownMembers }: MemberRules,
  judge: Judge,
): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const element of isArray(members) ? members : []) {
    if (!isJsonObject(element)) continue;
    const { value: id, type, $ref: reference } = element;
    if (typeof id !== "string") continue;
    const found = directory.find(id);
    if (!found && unknownMembers === "skipped") continue;
    if (ids.has(id)) judge.note("member-duplicate", `${quoted(id)} is named twice.`);
    else if (!found) judge.reject("member-unknown", `There is no resource ${quoted(id)}.`, "invalidValue");
    else if (type !== undefined && type !== found.type) {
      judge.reject("member-type", `${quoted(id)} is a ${found.type}.`, "invalidValue");
    } else if (typeof reference === "string" && !reference.endsWith(`/${found.type}s/${id}`)) {
      judge.reject("member-type", `$ref of ${quoted(id)} points elsewhere.`, "invalidValue");
    } else if (id === groupId) judge.reject("member-self", `${quoted(id)} is the group itself.`, "invalidValue");
    else if (found.type === "Group" && !nestedGroups) {
      judge.reject("member-nested", `${quoted(id)} is a group.`, "invalidValue");
    }
    ids.add(id);
  }
  return ids;
}

/**
 * The membership changes of one PATCH. They are made at once, so that a later operation sees them and a single one
 * costs the same however large the group, and can be taken back.
 */
export class MembershipEdit {
  readonly #directory: Directory;
  readonly #group: Entry;
  readonly #model: Model;
  readonly #rules: MemberRules;
  readonly #judge: Judge;
  /** What is different from before. */
  readonly #changes = new Map<string, "added" | "removed">();
  #named = 0;
  #useless = 0;

  constructor(directory: Directory, group: Entry, model: Model, rules: MemberRules, judge: Judge) {
    this.#directory = directory;
    this.#group = group;
    this.#model = model;
    this.#rules = rules;
    this.#judge = judge;
  }

  /** True if the members are not those of before. */
  get changed(): boolean {
    return this.#changes.size > 0;
  }

  /** How many additions were there already, and removals were not. */
  get useless(): number {
    return this.#useless;
  }

  /** How many members the request named. */
  get named(): number {
    return this.#named;
  }

  /** @throws Refusal */
  apply({ op, target, value, place }: Operation & { readonly target: AttributeTarget }): void {
    if (target.sub) {
      const name = `members.${target.sub.name}`;
      this.#judge.refuse("patch-mutability", `${place}: ${name} is immutable; add or remove the member.`, "mutability");
    }
    if (target.elements && op !== "remove") {
      this.#judge.refuse("patch-mutability", `${place}: a member is immutable; add or remove it.`, "mutability");
    }
    if (target.elements && this.#rules.memberRemoval === "clears") return;
    if (target.elements) {
      const ids = selectedIds(target, this.#group, this.#directory);
      this.#named += Math.max(1, ids.length);
      if (!ids.some((id) => this.#group.members.has(id))) this.#useless += 1;
      for (const id of ids) this.#remove(id);
      return;
    }
    if (op !== "add" && !this.#rules.memberReplace) {
      this.#judge.refuse("member-replace", `${place}: members are added and removed one by one.`, "invalidValue");
    }
    if (op === "remove" || value === null || value === undefined) {
      for (const id of [...this.#group.members]) this.#remove(id);
      return;
    }
    const ids = this.#given(value, place);
    this.#named += ids.size;
    if (op === "replace") for (const id of [...this.#group.members]) if (!ids.has(id)) this.#remove(id);
    for (const id of ids) {
      if (!this.#add(id) && op === "add") this.#useless += 1;
    }
  }

  /** Makes the members what they were before. */
  takeBack(): void {
    for (const [id, change] of this.#changes) {
      if (change === "added") this.#directory.removeMember(this.#group.id, id);
      else this.#directory.addMember(this.#group.id, id);
    }
    this.#changes.clear();
  }

  #given(value: Json, place: string): ReadonlySet<string> {
    const members = findAttribute(this.#model.top, "members");
    if (!members) return new Set();
    const cleaned = cleanElements(members, isArray(value) ? value : [value], `${place}: members`, this.#judge);
    const ids = memberIds(cleaned, this.#group.id, this.#directory, this.#rules, this.#judge);
    this.#judge.settle();
    return ids;
  }

  #add(id: string): boolean {
    if (!this.#directory.addMember(this.#group.id, id)) return false;
    if (!this.#changes.delete(id)) this.#changes.set(id, "added");
    return true;
  }

  #remove(id: string): void {
    if (!this.#directory.removeMember(this.#group.id, id)) return;
    if (!this.#changes.delete(id)) this.#changes.set(id, "removed");
  }
}

/** The ids that a value filter selects: read off the filter where it names them, else by testing every member. */
function selectedIds({ filter, elements }: AttributeTarget, group: Entry, directory: Directory): readonly string[] {
  const named = filter && namedIds(filter);
  if (named) return named;
  const typeOf = (id: string) => (directory.get("User", id) ? "User" : "Group");
  return [...group.members].filter((value) => elements?.({ value, type: typeOf(value) }) ?? false);
}

/** The ids of `value eq "a" or value eq "b" …`; undefined for any other filter. */
function namedIds(filter: Filter): readonly string[] | undefined {
  if (filter.kind === "or") {
    const [left, right] = [namedIds(filter.left), namedIds(filter.right)];
    return left && right && [...left, ...right];
  }
  const isId = filter.kind === "compare" && filter.operator === "eq" && filter.path.toLowerCase() === "value";
  return isId && typeof filter.value === "string" ? [filter.value] : undefined;
}
