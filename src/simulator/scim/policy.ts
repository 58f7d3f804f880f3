import type { MemberRules } from "./membership.ts";

/** What service providers differ in. */
export interface Policy extends MemberRules {
  readonly uniqueExternalId: boolean;
  readonly uniqueGroupName: boolean;
  /** Most members that one PATCH may name; 0 for any number. */
  readonly maxMembersPerPatch: number;
  /** False: PATCH is answered 501, and ServiceProviderConfig says so. */
  readonly patch: boolean;
  /** `resets`: also what no request can say (here: the members of a group) is as of a new resource after a PUT. */
  readonly put: "replaces" | "resets";
  /** `eq`: eq and and alone, else 400; `ignored`: a filter is parsed and the whole list is answered. */
  readonly filters: "all" | "eq" | "ignored";
  /** Of an attribute with several values: all are kept, the `first` alone, or more than `one` is refused. */
  readonly values: "all" | "first" | "one";
  /** False: a change of externalId is answered as a success and not kept. */
  readonly externalIdUpdates: boolean;
  /** Parameters of a query that it takes besides those of RFC 7644. */
  readonly parameters: readonly string[];
  /** Requests need a User-Agent. */
  readonly userAgent: boolean;
  /** Missing or wrong credentials are answered 200, with an error of its own form. */
  readonly disguisedRefusals: boolean;
}

/** As the RFCs say. */
export const plainPolicy: Policy = {
  uniqueExternalId: false,
  uniqueGroupName: false,
  nestedGroups: true,
  unknownMembers: "refused",
  memberRemoval: "plain",
  memberReplace: true,
  maxMembersPerPatch: 0,
  patch: true,
  put: "replaces",
  filters: "all",
  values: "all",
  externalIdUpdates: true,
  parameters: [],
  userAgent: false,
  disguisedRefusals: false,
};
