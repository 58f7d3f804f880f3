import type { Directory } from "./directory.ts";
import { makeTree } from "./generate-tree.ts";
import type { NewMember } from "./model.ts";
import { makePerson } from "./person.ts";
import { memberQuirks, tagQuirks } from "./quirks.ts";
import { Random } from "./random.ts";
import { limits, RuleError } from "./rules.ts";
import { TellingDirectory } from "./telling-directory.ts";

export interface CorpShape {
  readonly members: number;
  /** The root counts. */
  readonly departments: number;
  /** Default: one for 500 members, at least 8. */
  readonly tags?: number;
  /** Equal shapes with equal seeds give equal organisations, ids included. */
  readonly seed: number | string;
  /** Name of the root department. */
  readonly name?: string;
  /** False for a plain organisation without the awkward cases. Default true. */
  readonly quirks?: boolean;
  /** Host of the e-mail addresses. Default `corp.example`. */
  readonly domain?: string;
}

/**
 * An organisation of any size: an uneven tree, people in one or several departments, their leaders, tags; and among
 * them the awkward cases of `quirks.ts` as far as the size has room for them.
 * Throws {@link RuleError} for a shape that WeCom's limits don't allow.
 */
export function generateDirectory(shape: CorpShape): TellingDirectory {
  if (shape.departments > limits.departments) throw new RuleError(60001, "30,000 departments a corp");
  if (shape.members > shape.departments * limits.nodesPerDepartment) {
    throw new RuleError(81001, "30,000 nodes a department");
  }
  const random = new Random(shape.seed);
  const directory = new TellingDirectory(shape.name ?? "示例集团");
  const quirks = shape.quirks ?? true;
  makeTree(directory, random, shape.departments, quirks);
  makeMembers(directory, random, shape, quirks);
  if (quirks) tieLeaders(directory);
  makeTags(directory, random, shape.tags ?? Math.min(limits.tags, Math.max(8, Math.ceil(shape.members / 500))), quirks);
  return directory;
}

function makeMembers(directory: Directory, random: Random, shape: CorpShape, quirks: boolean): void {
  const ids = [...directory.departments.keys()];
  // Some stay empty on purpose; with few departments all are needed.
  const open = ids.filter((_, index) => index === 0 || ids.length < 10 || index % 13 !== 5);
  const heads = new Map<number, string>();
  const all: string[] = [];
  for (let serial = 1; serial <= shape.members; serial += 1) {
    const departments = pickDepartments(directory, random, open);
    const home = departments[0] ?? 1;
    const leads = !heads.has(home) && random.chance(0.8);
    const leaders = random.chance(0.7) ? pickLeaders(directory, random, heads, home, all) : [];
    const domain = shape.domain ?? "corp.example";
    const person = makePerson(random, { serial, domain, departments, leads, leaders });
    const quirk = quirks ? memberQuirks[serial - 1] : undefined;
    const { raw } = directory.addMember(quirk ? ({ ...person, ...quirk } as NewMember) : person);
    if (leads) heads.set(home, raw.userid);
    if (all.length < 1000) all.push(raw.userid);
    else if (random.chance(0.01)) all[random.below(1000)] = raw.userid;
  }
}

/** One department mostly, few of them with many people; now and then up to five. */
function pickDepartments(directory: Directory, random: Random, open: readonly number[]): readonly number[] {
  const count = random.weighted([
    [1, 86],
    [2, 11],
    [3, 2],
    [5, 1],
  ] as const);
  const picked = new Set<number>();
  for (let tries = 0; picked.size < count && tries < 20 * count; tries += 1) {
    const id = open[Math.floor(open.length * random.next() ** (tries < 10 ? 1.5 : 1))] ?? 1;
    const { members, children } = directory.department(id);
    if (members.size + children.size < limits.nodesPerDepartment) picked.add(id);
  }
  if (picked.size === 0) {
    const roomy = open.find((id) => directory.department(id).members.size < limits.nodesPerDepartment - 5000);
    picked.add(roomy ?? 1);
  }
  return [...picked];
}

/** The head of the department, or of the nearest one above that has a head; sometimes several people. */
function pickLeaders(
  directory: Directory,
  random: Random,
  heads: ReadonlyMap<number, string>,
  home: number,
  all: readonly string[],
): readonly string[] {
  if (all.length > 0 && random.chance(0.02)) {
    return [...new Set(Array.from({ length: random.between(2, 5) }, () => random.pick(all)))];
  }
  for (let at = directory.departments.get(home); at; at = directory.departments.get(at.parentid)) {
    const head = heads.get(at.id);
    if (head !== undefined) return [head];
  }
  return [];
}

/** The last members lead themselves, each other, and in a ring of three; one has five leaders, one 100 departments. */
function tieLeaders(directory: Directory): void {
  const last = directory.joined.slice(-12).flatMap((entry) => (entry ? [entry.raw.userid] : []));
  if (last.length < 12) return;
  const [self = "", left = "", right = "", one = "", two = "", three = "", many = "", wide = "", ...rest] = last;
  directory.patchMember(self, { direct_leader: [self] });
  directory.patchMember(left, { direct_leader: [right] });
  directory.patchMember(right, { direct_leader: [left] });
  directory.patchMember(one, { direct_leader: [two] });
  directory.patchMember(two, { direct_leader: [three] });
  directory.patchMember(three, { direct_leader: [one] });
  directory.patchMember(many, { direct_leader: [...rest.slice(0, 4), self] });
  const roomy = [...directory.departments.values()].filter(({ members }) => members.size < 20_000);
  directory.patchMember(wide, { department: roomy.slice(-limits.departmentsPerMember).map(({ id }) => id) });
}

function makeTags(directory: Directory, random: Random, count: number, quirks: boolean): void {
  const userids = directory.joined.flatMap((entry) => (entry ? [entry.raw.userid] : []));
  const departments = [...directory.departments.keys()];
  for (let index = 0; index < count; index += 1) {
    const tagname = (quirks ? tagQuirks[index] : undefined) ?? `标签${index + 1}`;
    const tag = directory.addTag({ tagname, ownedByApp: random.chance(0.4) });
    if (tagname === "空标签" || userids.length === 0) continue;
    const size = random.chance(0.1) ? Math.min(500, Math.ceil(userids.length / 4)) : random.between(0, 12);
    const addUsers = Array.from({ length: size }, () => random.pick(userids));
    const addDepartments = Array.from({ length: random.below(4) }, () => random.pick(departments));
    directory.changeTagMembers(tag.id, { addUsers, addDepartments });
  }
}
