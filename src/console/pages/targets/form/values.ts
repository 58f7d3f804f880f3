import type { Target } from "../../../api/views.ts";
import { mergePatchOf, withoutEmpty } from "../../../parts/form-values.ts";

export const authTypes = ["bearer", "basic", "oauth2", "header"] as const;
export type AuthType = (typeof authTypes)[number];

/** What the form of a target holds; what was left empty is undefined or "". */
export interface TargetValues {
  readonly name?: string;
  readonly profile: string;
  readonly baseUrl?: string;
  readonly auth: {
    readonly type: AuthType;
    readonly token?: string;
    readonly username?: string;
    readonly password?: string;
    readonly tokenUrl?: string;
    readonly clientId?: string;
    readonly clientSecret?: string;
    readonly scope?: string;
    readonly name?: string;
    readonly value?: string;
  };
  readonly sources: readonly string[];
  readonly provision: {
    readonly users: boolean;
    readonly groups: boolean;
    readonly userGroups: boolean;
    readonly removal: "deactivate" | "delete" | "later";
    readonly days?: number | null;
  };
  readonly scope?: { readonly users?: string; readonly groups?: string };
  readonly match: { readonly users: readonly string[]; readonly groups: readonly string[] };
  readonly constants?: Readonly<Record<string, string | undefined>>;
  readonly limits?: { readonly concurrency?: number | null; readonly requestsPerSecond?: number | null };
  readonly verify?: { readonly everyHours?: number | null; readonly repair?: boolean };
  readonly ca?: string;
  readonly proxy?: string;
  readonly safeguards: Pick<Target["safeguards"], "maxRemovals" | "maxMemberRemovals" | "windowHours">;
  /** Whether the server is still the same under another address. */
  readonly links?: "keep" | "forget";
}

/** What a new target has if nothing is said. */
export const freshTarget: TargetValues = {
  profile: "generic",
  auth: { type: "bearer" },
  sources: [],
  provision: { users: true, groups: true, userGroups: true, removal: "deactivate", days: 30 },
  match: { users: ["externalId", "userName"], groups: ["externalId", "displayName"] },
  safeguards: {
    maxRemovals: { floor: 5, percent: 10, count: 500 },
    maxMemberRemovals: { floor: 20, percent: 50 },
    windowHours: 24,
  },
};

/** The members that each kind of credentials has. */
const ofAuth: Readonly<Record<AuthType, readonly (keyof TargetValues["auth"])[]>> = {
  bearer: ["token"],
  basic: ["username", "password"],
  oauth2: ["tokenUrl", "clientId", "clientSecret", "scope"],
  header: ["name", "value"],
};

/** The body that makes a target. */
export function toTargetBody(values: TargetValues): Record<string, unknown> {
  const { auth, provision, verify, links: _links, ...rest } = values;
  const { removal, days, ...given } = provision;
  const onRemoval = removal === "later" ? { deactivateThenDeleteAfterDays: days ?? 30 } : removal;
  const credentials = Object.fromEntries(ofAuth[auth.type].map((name) => [name, auth[name]]));
  const everyHours = verify?.everyHours ?? undefined;
  return withoutEmpty({
    ...rest,
    auth: { type: auth.type, ...credentials },
    provision: { ...given, onRemoval },
    ...(everyHours !== undefined && { verify: { everyHours, repair: verify?.repair ?? false } }),
  }) as Record<string, unknown>;
}

/** The merge patch that turns a target into what the form says. */
export function toTargetPatch(values: TargetValues, before: TargetValues): Record<string, unknown> {
  const patch = mergePatchOf(toTargetBody(before), toTargetBody(values));
  return values.links === undefined ? patch : { ...patch, links: values.links };
}

export function toTargetValues(target: Target): TargetValues {
  const { name, profile, baseUrl, auth, sources, provision, scope, match, constants, limits, verify, ca, proxy } =
    target;
  const { onRemoval, ...given } = provision;
  const isLater = typeof onRemoval === "object";
  const { maxRemovals, maxMemberRemovals, windowHours } = target.safeguards;
  return withoutEmpty({
    ...{ name, profile, baseUrl, auth, sources, scope, match, constants, limits, verify, ca, proxy },
    provision: {
      ...given,
      removal: isLater ? "later" : onRemoval,
      days: isLater ? onRemoval.deactivateThenDeleteAfterDays : 30,
    },
    safeguards: { maxRemovals, maxMemberRemovals, windowHours },
  }) as TargetValues;
}
