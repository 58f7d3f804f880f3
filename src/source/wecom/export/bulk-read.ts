import type { SourceMeter } from "../../source.ts";
import type { MemberList } from "../api.ts";
import type { Clock } from "../clock.ts";
import { WecomFault } from "../fault.ts";
import { chooseReading, type GivenUp, type ReadingSetting } from "./choose-reading.ts";
import { type ExportedMembers, type ExportParts, exportMembers } from "./export-members.ts";
import { Sample } from "./sample.ts";

export interface BulkParts extends ExportParts {
  readonly setting: ReadingSetting;
  readonly clock: Clock;
  /** What is remembered of exports between two reads. */
  readonly memory: ExportMemory;
  readonly meter?: SourceMeter | undefined;
}

/** That exports came to nothing for a credential. It lives as long as the program. */
export interface ExportMemory {
  givenUp: GivenUp | null;
}

type ListMembers = (department: string, signal: AbortSignal) => Promise<MemberList>;

/** Departments that are asked for until there are enough people to compare with. */
const mostSampled = 20;
/** People to compare an export with: a field that few have is to be among what they have. */
const enoughPeople = 200;
/** Refused for good, as far as can be seen: a person may change that. Else it may have been bad luck. Milliseconds. */
const pauses = { refused: 24 * 3_600_000, failed: 3_600_000 } as const;

/**
 * Decides how everybody is read, and orders an export where that is to be it.
 *
 * @param departments keys, topmost first
 * @param isScopeKnown whether the app's visible scope could be asked for
 * @returns null: department by department, either because that is better or because an export came to nothing
 */
export async function orderBulk(
  parts: BulkParts,
  { departments, isScopeKnown }: { readonly departments: readonly string[]; readonly isScopeKnown: boolean },
  listMembers: ListMembers,
  signal: AbortSignal,
): Promise<ExportedMembers | null> {
  const { setting, clock, memory, meter } = parts;
  const facts = { departments: departments.length, isScopeKnown, givenUp: memory.givenUp, now: clock.now() };
  const choice = chooseReading(setting, facts);
  if (choice.way === "departments") {
    meter?.reads(choice.way, choice.because);
    return null;
  }
  meter?.reads(choice.way, choice.because);
  try {
    const sample = await takeSample(departments, listMembers, signal);
    const exported = sample.size === 0 ? null : await exportMembers(parts, sample, signal);
    if (exported !== null && sample.objection === null) {
      memory.givenUp = null;
      return exported;
    }
    await exported?.close();
    giveUp(sample.objection ?? "", pauses.refused);
  } catch (error) {
    // Without a token nothing else works either, and who was cancelled stops.
    if (isOfThisMachine(error)) giveUp(`its files could not be kept here (${error.code})`, pauses.failed);
    else if (!(error instanceof WecomFault) || error.noToken) throw error;
    else giveUp(error.message, error.reaction === "connection" ? pauses.refused : pauses.failed);
  }
  return null;

  function giveUp(because: string, pauseMs: number): void {
    memory.givenUp = { until: clock.now() + pauseMs, because };
    meter?.reads("departments", `an export came to nothing: ${because}`);
  }
}

async function takeSample(
  departments: readonly string[],
  listMembers: ListMembers,
  signal: AbortSignal,
): Promise<Sample> {
  const sample = new Sample();
  for (const department of spread(departments, mostSampled)) {
    for (const user of await membersIn(department, listMembers, signal)) sample.add(user);
    if (sample.size >= enoughPeople) break;
  }
  return sample;
}

/** At most so many of a list, at equal distances, the first among them. */
function spread<T>(list: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, list.length / most);
  return list.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

/** A directory that is missing or may not be written to, a disk that is full. */
function isOfThisMachine(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}

/** Nobody where the department itself may not be read: the tree may show those above the ones in sight. */
async function membersIn(
  department: string,
  listMembers: ListMembers,
  signal: AbortSignal,
): Promise<MemberList["members"]> {
  try {
    return (await listMembers(department, signal)).members;
  } catch (error) {
    if (error instanceof WecomFault && error.reaction === "object" && !error.transient) return [];
    throw error;
  }
}
