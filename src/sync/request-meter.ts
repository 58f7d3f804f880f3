import type { SourceMeter } from "../source/source.ts";
import type { TaskRequests } from "../store/store.ts";

export interface RequestMeter extends SourceMeter {
  /** What was counted so far; null: nothing. */
  readonly counted: TaskRequests | null;
}

type OfApi = { -readonly [Key in keyof TaskRequests["byApi"][number]]: TaskRequests["byApi"][number][Key] };

/** Why a task waits, in words for an administrator. */
const reasons = {
  limit: (api: string) =>
    `WeCom takes no more calls of ${api} for now: its limit is used up, by this program or by others of the same corp`,
  pace: (api: string) =>
    `calls of ${api} are spread out, as the source's own limits (wecom.limits) and those of WeCom ask for`,
} as const;

/**
 * Counts the requests of one task to its source.
 *
 * @param before what was counted of it when it was cut off
 * @param onWaiting hears of what the task waits for, and of null when it goes on
 */
export function makeRequestMeter(
  before: TaskRequests | null,
  onWaiting: (waiting: { readonly reason: string; readonly until: number } | null) => void,
): RequestMeter {
  const apis = new Map((before?.byApi ?? []).map((each) => [each.api, { ...each } as OfApi]));
  let reading = before?.reading ?? null;
  /** Requests wait beside each other: the task waits for what lasts longest. */
  const waiting = new Map<symbol, { readonly reason: string; readonly until: number }>();
  const of = (api: string): OfApi => {
    const found = apis.get(api) ?? { api, made: 0, retried: 0, waitedMs: 0, leftThisHour: 0 };
    apis.set(api, found);
    return found;
  };
  const tell = (): void => {
    const all = [...waiting.values()];
    onWaiting(
      all.reduce<(typeof all)[number] | null>(
        (last, each) => (last === null || each.until > last.until ? each : last),
        null,
      ),
    );
  };
  return {
    called(api, left) {
      const counts = of(api);
      counts.made += 1;
      counts.leftThisHour = left;
    },
    retried(api) {
      of(api).retried += 1;
    },
    waits(api, why, until) {
      const key = Symbol(api);
      waiting.set(key, { reason: reasons[why](api), until });
      tell();
      return () => {
        waiting.delete(key);
        tell();
      };
    },
    waited(api, ms) {
      of(api).waitedMs += ms;
    },
    reads(way, because) {
      reading = { way, because };
    },
    get counted() {
      if (apis.size === 0) return null;
      const byApi = [...apis.values()].sort((a, b) => (a.api < b.api ? -1 : 1)).map((each) => ({ ...each }));
      const sum = (key: "made" | "retried" | "waitedMs"): number => byApi.reduce((all, each) => all + each[key], 0);
      return { made: sum("made"), retried: sum("retried"), waitedMs: sum("waitedMs"), byApi, reading };
    },
  };
}
