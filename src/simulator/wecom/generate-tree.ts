import type { DepartmentEntry, Directory } from "./directory.ts";
import { makeUnitName } from "./names.ts";
import { departmentQuirks } from "./quirks.ts";
import type { Random } from "./random.ts";
import { limits } from "./rules.ts";

interface Placed {
  readonly department: DepartmentEntry;
  readonly level: number;
}

/**
 * Grows an uneven tree below the root: broad at the top, with long thin branches down to the 15th level, ids with gaps.
 * @param count departments in all, the root among them
 */
export function makeTree(directory: Directory, random: Random, count: number, quirks: boolean): void {
  const placed: Placed[] = [{ department: directory.department(1), level: 1 }];
  let id = 1;
  for (let index = 1; index < count; index += 1) {
    id += random.chance(0.9) ? 1 : random.between(2, 9);
    const parent = pickParent(random, placed, index, count);
    const quirk = quirks ? departmentQuirks[index - 4] : undefined;
    const department = directory.addDepartment({
      // An id near the end of the 32 bits, as corps have them that were moved from elsewhere.
      id: quirks && index === 3 ? 2_147_483_600 : id,
      name: freeName(random, parent, quirk),
      ...(random.chance(0.1) && { name_en: `Unit ${id}` }),
      parentid: parent.department.id,
      order: index === 2 ? 4_294_967_295 : random.below(200_000_000),
    });
    placed.push({ department, level: parent.level + 1 });
  }
}

function pickParent(random: Random, placed: readonly Placed[], index: number, count: number): Placed {
  const root = placed[0] as Placed;
  const last = placed[placed.length - 1] as Placed;
  if (index <= Math.min(8, count / 8)) return root;
  // One branch goes down as far as WeCom allows.
  const deepening = index > 16 && index < 16 + limits.levels;
  if ((deepening || random.chance(0.15)) && last.level < limits.levels) return last;
  for (;;) {
    const found = placed[Math.floor(placed.length * random.next() ** 2)] as Placed;
    if (found.level < limits.levels && found.department.children.size < 200) return found;
  }
}

/** A name that no sibling has: the wanted one, a common one, or at last one with a number. */
function freeName(random: Random, parent: Placed, wanted: string | undefined): string {
  const taken = new Set([...parent.department.children].map(({ name }) => name));
  if (wanted !== undefined && !taken.has(wanted)) return wanted;
  for (let tries = 0; tries < 5; tries += 1) {
    const name = makeUnitName(random, parent.level + 1);
    if (!taken.has(name)) return name;
  }
  const base = makeUnitName(random, parent.level + 1);
  let number = taken.size;
  while (taken.has(`${base}${number}`)) number += 1;
  return `${base}${number}`;
}
