import type { CallbackCounts, CallbackFaults, CallbackOptions } from "./callbacks.ts";
import { type Corp, trustedIpDelayMs, truthOf, visibleTruthOf } from "./corp.ts";
import type { Directory } from "./directory.ts";
import type { Fault } from "./faults.ts";
import type { Limits } from "./frequency.ts";
import type { Gate } from "./gate.ts";
import type { MemberPatch, NewMember, RawMember, Truth } from "./model.ts";
import { type DirectoryChange, makeRandomChanges } from "./random-changes.ts";
import type { Credential, Scope, Settings } from "./settings.ts";

type Input<Method extends (...args: never[]) => unknown, At extends number> = Parameters<Method>[At];

/**
 * The hand on one simulated corp. What the corp's rules forbid throws a {@link RuleError} with WeCom's own errcode.
 * The same is offered over HTTP under `/_control/{corpId}/`.
 */
export interface Control {
  readonly corpId: string;
  /** The corp as it is, every field, whatever a credential may see. `enable` is always there. */
  truth(): Truth;
  /** What a full read with this credential (default: the app) can find, field by field as the API shows it. */
  visibleTruth(credential?: Credential): Truth;
  /** Up to `limit` members joined after the one with sequence number `after` (-1: from the start), for large corps. */
  membersAfter(after: number, limit: number): { readonly members: readonly RawMember[]; readonly next: number | null };

  createMember(input: NewMember): RawMember;
  patchMember(userid: string, patch: MemberPatch): RawMember;
  moveMember(userid: string, departments: readonly number[], mainDepartment?: number): RawMember;
  deleteMember(userid: string): void;
  /** `told: false`: nothing is told of it. Default true. */
  renameUserid(userid: string, to: string, options?: { readonly told?: boolean }): void;

  /** Gives the id. */
  createDepartment(input: Input<Directory["addDepartment"], 0>): number;
  patchDepartment(id: number, patch: Input<Directory["patchDepartment"], 1>): void;
  deleteDepartment(id: number): void;

  /** Gives the id. */
  createTag(input: Input<Directory["addTag"], 0>): number;
  renameTag(id: number, name: string): void;
  changeTagMembers(id: number, change: Input<Directory["changeTagMembers"], 1>): void;
  deleteTag(id: number): void;

  /** userids of the members who have agreed to show the app their sensitive fields. */
  consents(): readonly string[];
  /** What a member does on WeCom's page, without the page. */
  setConsent(userid: string, agreed: boolean): void;

  scope(): Scope;
  setScope(scope: Scope): void;
  settings(): Settings;
  setSettings(settings: Partial<Settings>): void;
  limits(): Limits;
  setLimits(limits: Partial<Limits>): void;
  /** Null: any IP. An IP that was not listed before works after a minute of the corp's clock. */
  setTrustedIps(credential: Credential, ips: readonly string[] | null): void;

  /** Tokens are answered with 42001 from now on; gettoken gives new ones. */
  expireTokens(credential?: Credential): void;
  /** Tokens are answered with 40014 from now on. */
  revokeTokens(credential?: Credential): void;
  /** Moves the corp's clock on. */
  advanceClock(ms: number): void;
  /** Ends frequency blocks and bans of all corps. */
  forgive(): void;

  /**
   * Enters the address that changes of the contacts are told to, once it has answered as WeCom wants it; null: nobody is told.
   * What is changed by this control is what an administrator changes.
   */
  setCallback(callback: CallbackOptions | null): Promise<void>;
  setCallbackFaults(faults: Partial<CallbackFaults>): void;
  callbacks(): CallbackCounts;
  /** Resolves when every event was delivered, or given up. */
  callbacksIdle(): Promise<void>;

  addFault(fault: Fault): void;
  faults(): readonly Fault[];
  clearFaults(): void;

  /** Makes that many changes such as happen in a corp, and says which. Equal seeds on equal corps do the same. */
  randomChanges(count: number, seed: number | string): readonly DirectoryChange[];

  /** Calls by endpoint (`user/list`), those that a fault struck among them; calls without a token of the corp are not. */
  requests(): Readonly<Record<string, number>>;
  resetRequests(): void;
}

export function controlOf(corp: Corp, gate: Gate): Control {
  const { directory } = corp;
  return {
    corpId: corp.credentials.corpId,
    truth: () => truthOf(corp),
    visibleTruth: (credential = "app") => visibleTruthOf(corp, credential),
    membersAfter(after, limit) {
      const members: RawMember[] = [];
      let seq = after + 1;
      for (; seq < directory.joined.length && members.length < limit; seq += 1) {
        const entry = directory.joined[seq];
        if (entry) members.push(entry.raw);
      }
      return { members, next: seq < directory.joined.length ? seq - 1 : null };
    },

    createMember: (input) => directory.addMember(input).raw,
    patchMember: (userid, patch) => directory.patchMember(userid, patch).raw,
    moveMember: (userid, department, main) =>
      directory.patchMember(userid, { department, ...(main === undefined ? {} : { main_department: main }) }).raw,
    deleteMember: (userid) => directory.removeMember(userid),
    renameUserid: (userid, to, { told = true } = {}) =>
      told ? directory.renameUserid(userid, to) : directory.silently(() => directory.renameUserid(userid, to)),

    createDepartment: (input) => directory.addDepartment(input).id,
    patchDepartment: (id, patch) => directory.patchDepartment(id, patch),
    deleteDepartment: (id) => directory.removeDepartment(id),

    createTag: (input) => directory.addTag(input).id,
    renameTag: (id, name) => directory.renameTag(id, name),
    changeTagMembers: (id, change) => directory.changeTagMembers(id, change),
    deleteTag: (id) => directory.removeTag(id),

    consents: () => corp.agreedUserids(),
    setConsent: (userid, agreed) => corp.setAgreed(directory.member(userid), agreed),

    scope: () => corp.scope(),
    setScope: (scope) => corp.setScope(scope),
    settings: () => corp.settings,
    setSettings(settings) {
      corp.settings = { ...corp.settings, ...settings };
      corp.settingsVersion += 1;
    },
    limits: () => corp.limits,
    setLimits(limits) {
      corp.limits = { ...corp.limits, ...limits };
    },
    setTrustedIps(credential, ips) {
      const before = corp.trustedIps[credential];
      const since = corp.now() + trustedIpDelayMs;
      corp.trustedIps[credential] = ips && new Map(ips.map((ip) => [ip, before?.get(ip) ?? since]));
    },

    expireTokens: (credential) => gate.tokens.end(corp, credential ?? null, "expire", corp.now()),
    revokeTokens: (credential) => gate.tokens.end(corp, credential ?? null, "revoke", corp.now()),
    advanceClock(ms) {
      corp.clockOffset += ms;
    },
    forgive: () => gate.forgiveAll(),

    setCallback: (callback) => corp.callbacks.enter(callback),
    setCallbackFaults: (faults) => corp.callbacks.setFaults(faults),
    callbacks: () => corp.callbacks.counts(),
    callbacksIdle: () => corp.callbacks.idle(),

    addFault: (fault) => corp.faults.add(fault),
    faults: () => corp.faults.list(),
    clearFaults: () => corp.faults.clear(),

    randomChanges: (count, seed) => makeRandomChanges(directory, count, seed),

    requests: () => Object.fromEntries(corp.requests),
    resetRequests: () => corp.requests.clear(),
  };
}
