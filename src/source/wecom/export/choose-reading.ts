/** How an administrator wants everybody to be read. */
export type ReadingSetting = "auto" | "departments" | "export";

/** In which way everybody is read, and why that one. */
export interface Reading {
  readonly way: "departments" | "export";
  readonly because: string;
}

/** That exports came to nothing, and when they are tried again. */
export interface GivenUp {
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly because: string;
}

/**
 * From so many departments on an export is ordered: asking for each takes longer than a minute by then, at 20 calls a
 * second after a first burst of a minute's worth.
 */
export const manyDepartments = 2400;

export interface ReadingFacts {
  readonly departments: number;
  /** Whether the app's visible scope could be asked for. */
  readonly isScopeKnown: boolean;
  readonly givenUp: GivenUp | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * A department that is listed and may not be read is refused when it is asked for by itself. In an export its people are
 * merely not there.
 */
const blind =
  "the app's visible scope is not known, and without it nobody can tell whom an export leaves out: enter the AgentId of the source (wecom.agentId)";

/** An export costs a few calls however large the corp is, and minutes of waiting; department by department is one call each. */
export function chooseReading(
  setting: ReadingSetting,
  { departments, isScopeKnown, givenUp, now }: ReadingFacts,
): Reading {
  if (setting === "departments") return { way: "departments", because: "the source says so (wecom.reading)" };
  if (!isScopeKnown && (setting === "export" || departments >= manyDepartments)) {
    return { way: "departments", because: blind };
  }
  if (setting === "export") return { way: "export", because: "the source says so (wecom.reading)" };
  const many = `${departments} departments`;
  if (departments < manyDepartments) {
    return { way: "departments", because: `${many} are fewer than ${manyDepartments}: asking for each is quicker` };
  }
  if (givenUp !== null && now < givenUp.until) {
    const until = new Date(givenUp.until).toISOString();
    return {
      way: "departments",
      because: `an export came to nothing, and is not tried again before ${until}: ${givenUp.because}`,
    };
  }
  return {
    way: "export",
    because: `${many} are ${manyDepartments} or more: asking for each would take that many calls`,
  };
}
