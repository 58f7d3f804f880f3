import type { JsonObject } from "../lib/json.ts";
import type { Page } from "./task-store.ts";

// What people have given of their own fields, by agreeing on the source's page. The values are read by what maps people
// alone; everything else sees who agreed, to which fields, and when.

/** Whether somebody's fields are given. */
export type ConsentState = "agreed" | "withdrawn";

/** Somebody's consent, without what he gave. */
export interface Consent {
  /** His key within the source. */
  readonly key: string;
  /** As the source spells it. */
  readonly userid: string;
  readonly state: ConsentState;
  /** Names of the fields that are given now; of a withdrawn consent those that were. */
  readonly fields: readonly string[];
  /** Since when he has agreed without a break; of a withdrawn consent when he had agreed. */
  readonly agreedAt: number;
  /** When the values came last. */
  readonly refreshedAt: number;
  readonly withdrawnAt: number | null;
}

/** What a mapping may read of somebody who agreed. */
export interface GivenFields {
  readonly values: JsonObject;
  /** Fields that he gave and does not give any more: what was made from them goes. */
  readonly withdrawn: readonly string[];
}

export interface GivenReader {
  /** Of these keys those of people who have, or had, agreed: each with what tells one state of what they gave from another. */
  consentStamps(sourceId: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** What they have given. */
  givenFields(sourceId: string, keys: readonly string[]): Promise<ReadonlyMap<string, GivenFields>>;
}

export interface ConsentQuery {
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  readonly state?: ConsentState;
}

export interface ConsentStore extends GivenReader {
  /**
   * Somebody agrees, or what he gave is brought up to date; what changed is marked to be looked at, in one transaction. What
   * he gave before and does not now counts as withdrawn. Null: he gave nothing, and never had; or nothing was kept.
   *
   * @param options `anew` false: only what he is giving already is brought up to date. Who has withdrawn meanwhile stays so.
   */
  saveConsent(
    sourceId: string,
    who: { readonly key: string; readonly userid: string },
    values: JsonObject,
    options?: { readonly anew: boolean },
  ): Promise<Consent | null>;
  /** Erases what somebody gave, and marks him. Null: there was nothing to erase. */
  withdrawConsent(sourceId: string, key: string): Promise<Consent | null>;
  /**
   * The same of everybody of a source, as when a corp takes its authorisation back.
   *
   * @returns of how many
   */
  eraseConsents(sourceId: string): Promise<number>;
  findConsent(sourceId: string, key: string): Promise<Consent | null>;
  /** In the order of their keys. */
  listConsents(sourceId: string, query: ConsentQuery): Promise<Page<Consent>>;
  countConsents(sourceId: string): Promise<Readonly<Record<ConsentState, number>>>;
  /** Forgets those who left at that time or before. Answers how many. */
  deleteOldConsents(before: number): Promise<number>;
}

/** What somebody wants who is sent to the source's page: to agree, or to see (and perhaps withdraw) what he has given. */
export type ConsentIntent = "agree" | "look";

/** A browser on its way to the source's page and back. Ids are random, and kept as hashes. */
export interface ConsentVisitStore {
  /** Notes who was sent there. What is out of date is forgotten. */
  openVisit(visit: {
    readonly stateHash: string;
    readonly visitorHash: string;
    readonly sourceId: string;
    readonly intent: ConsentIntent;
    readonly expiresAt: number;
  }): Promise<void>;
  /** Takes the visit, once: null for one that is not known, was taken, is out of date, or was another browser's. */
  takeVisit(visit: {
    readonly stateHash: string;
    readonly visitorHash: string;
    readonly sourceId: string;
  }): Promise<ConsentIntent | null>;
  /** Remembers who somebody is, for a while. */
  openConsentSession(session: {
    readonly idHash: string;
    readonly sourceId: string;
    readonly key: string;
    readonly expiresAt: number;
  }): Promise<void>;
  /** The key of whoever has this session. */
  findConsentSession(idHash: string, sourceId: string): Promise<string | null>;
  endConsentSession(idHash: string): Promise<void>;
}
