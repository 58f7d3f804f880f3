/** Limits beyond which removals wait for a person (accidental deletion prevention). */
export interface RemovalLimit {
  /** Up to so many pass always. */
  readonly floor: number;
  /** Above the floor: at most this share of all, in percent, … */
  readonly percent: number;
  /** … and at most so many. Absent: no limit by number. */
  readonly count?: number;
}

export interface RemovalNumbers {
  /** What is planned now. */
  readonly planned: number;
  /** What was removed within the window already, by other tasks. */
  readonly recent: number;
  /** How many there are, before this plan. */
  readonly total: number;
}

/**
 * Why a mapping that makes resources known otherwise (userName, externalId, active; of groups externalId, displayName) must wait, in words with numbers;
 * null when it may go ahead. The limits are those of removals: whoever knows a person by his userName loses him. Who was
 * renamed within the window is still there, so the share is of all.
 */
export function refuseIdentityChanges(what: string, numbers: RemovalNumbers, limit: RemovalLimit): string | null {
  const names = what.startsWith("groups") ? "displayName or externalId" : "userName, externalId or active";
  // Of a group there is nothing but the mapping that gives it other names and counts.
  const also = what.startsWith("groups") ? "" : ", or because their names in the source are others";
  const words = `would get another ${names} by the mapping${also}`;
  return refuse(`${what} ${words}`, numbers, numbers.total, limit);
}

/**
 * The same for the rules of one target, or the attributes that it knows: whoever signs in there by his userName loses his
 * account.
 */
export function refuseRenames(what: string, numbers: RemovalNumbers, limit: RemovalLimit): string | null {
  const names = what.startsWith("groups") ? "displayName" : "userName";
  const words = `would get another ${names} or externalId by the rules of this target`;
  return refuse(`${what} ${words}`, numbers, numbers.total, limit);
}

/**
 * Why removals must wait, in words with numbers; null when they may go ahead. What happened within the window counts,
 * so that no series of small steps gets past; the share is of what there was before those steps.
 */
export function refuseRemovals(what: string, numbers: RemovalNumbers, limit: RemovalLimit): string | null {
  return refuse(`${what} would be removed`, numbers, numbers.total + numbers.recent, limit);
}

/** Of one group, how many members go and how many it has. */
export interface MemberLossNumbers {
  readonly removed: number;
  readonly total: number;
  /** How many left it within the window already, by other tasks; absent: nobody. */
  readonly recent?: number;
}

/** The groups that would lose more members than they may, and why that must wait; null when all may go ahead. */
export function refuseMemberLosses<Loss extends MemberLossNumbers>(
  losses: readonly Loss[],
  limit: RemovalLimit,
): { readonly groups: readonly Loss[]; readonly reason: string } | null {
  const groups = losses.filter(
    ({ removed, recent = 0, total }) => refuseRemovals("members", { planned: removed, recent, total }, limit) !== null,
  );
  if (groups.length === 0) return null;
  const allowed = `${limit.floor}, above that ${limit.percent} %`;
  const isSeries = groups.some(({ recent = 0 }) => recent > 0);
  const also = isSeries ? "; who left them within the window already counts too" : "";
  return {
    groups,
    reason: `${groups.length} groups would lose more members than allowed without approval (${allowed}${also})`,
  };
}

/** A group with its name, and how many members come to it in the same step. */
export interface NamedLoss extends MemberLossNumbers {
  readonly displayName: string | null;
  readonly added: number;
}

/** How many groups a reason names. */
const mostNamed = 5;

/**
 * The groups that would have nobody left, however few there were, and why that must wait; null when there are none, or
 * all members may go (100 %).
 */
export function refuseEmptied<Loss extends NamedLoss>(
  losses: readonly Loss[],
  { percent }: RemovalLimit,
): { readonly groups: readonly Loss[]; readonly reason: string } | null {
  if (percent >= 100) return null;
  const groups = losses.filter(({ removed, added, total }) => total > 0 && removed >= total && added === 0);
  if (groups.length === 0) return null;
  const names = groups.slice(0, mostNamed).map(({ displayName }) => JSON.stringify(displayName ?? ""));
  const more = groups.length > names.length ? ` and ${groups.length - names.length} more` : "";
  return { groups, reason: `no member at all would be left in ${names.join(", ")}${more}` };
}

/** @param before of how many the share is taken */
function refuse(
  sentence: string,
  { planned, recent, total }: RemovalNumbers,
  before: number,
  limit: RemovalLimit,
): string | null {
  if (planned === 0) return null;
  const all = planned + recent;
  if (all <= limit.floor) return null;
  const share = before === 0 ? 100 : (all * 100) / before;
  const tooMany = limit.count !== undefined && all > limit.count;
  if (share <= limit.percent && !tooMany) return null;
  const also = recent > 0 ? ` (${recent} more within the window already: together ${all} of ${before})` : "";
  const limits = [`${limit.percent} %`, ...(limit.count === undefined ? [] : [`${limit.count}`])].join(" or ");
  return `${planned} of ${total} ${sentence}${also}, ${share.toFixed(1)} %; allowed without approval are ${limit.floor}, above that at most ${limits}`;
}
