import { createHash } from "node:crypto";
import { Callbacks } from "./callbacks.ts";
import { type Directory, type MemberEntry, rawDepartment, rawTag } from "./directory.ts";
import { Exports } from "./exports.ts";
import { Faults } from "./faults.ts";
import { type Limits, publishedLimits } from "./frequency.ts";
import { type CorpShape, generateDirectory } from "./generate.ts";
import type { Truth } from "./model.ts";
import { OAuth } from "./oauth.ts";
import { type Credential, defaultSettings, type Scope, type Settings, wholeCorp } from "./settings.ts";
import { fullSight, makeSight, type Sight } from "./sight.ts";
import type { ContactChange } from "./telling-directory.ts";
import { TextCache } from "./text-cache.ts";
import { enableOf, isShown, type View, viewDepartment, viewMember, viewTag } from "./views.ts";

export interface CorpOptions {
  readonly corpId?: string;
  readonly appSecret?: string;
  readonly agentId?: number;
  readonly contactsSecret?: string;
  /** Default: 200 members in 30 departments, seed 1. */
  readonly shape?: CorpShape;
  /** Default: the whole corp. */
  readonly scope?: Scope;
  readonly settings?: Partial<Settings>;
  readonly limits?: Partial<Limits>;
  /** IPs that may call with a secret; null (default) for any. */
  readonly trustedIps?: { readonly [Of in Credential]?: readonly string[] | null };
}

export interface CorpCredentials {
  readonly corpId: string;
  readonly appSecret: string;
  readonly agentId: number;
  readonly contactsSecret: string;
}

/** How long a newly trusted IP has to wait (WeCom doc path/90313, 60020). */
export const trustedIpDelayMs = 60_000;

/** Everything about one simulated corp. Credentials that are not given follow from the seed. */
export class Corp {
  readonly credentials: CorpCredentials;
  readonly directory: Directory;
  readonly callbacks: Callbacks;
  /** Who else hears of changes of the contacts. */
  readonly listeners: ((change: ContactChange) => void)[] = [];
  readonly exports: Exports;
  readonly faults = new Faults();
  readonly oauth = new OAuth();
  readonly cache = new TextCache(256 * 1024 * 1024);
  /** Calls by endpoint. */
  readonly requests = new Map<string, number>();
  settings: Settings;
  limits: Limits;
  /** IP to the moment from which it may call; null: any IP may. */
  readonly trustedIps: { [Of in Credential]?: ReadonlyMap<string, number> | null };
  /** Goes up when scope or settings change. */
  settingsVersion = 0;
  /** Added to the clock. Milliseconds. */
  clockOffset = 0;
  readonly #clock: () => number;
  #scope: Scope = wholeCorp;
  readonly #agreed = new Set<MemberEntry>();
  /** The scope's users as people, so that a changed userid keeps its place. */
  #scopeUsers: readonly MemberEntry[] = [];
  #sight: { readonly stamp: string; readonly sight: Sight } | null = null;

  constructor(options: CorpOptions, clock: () => number, index: number) {
    const shape = options.shape ?? { members: 200, departments: 30, seed: 1 };
    const derive = (what: string) => createHash("sha256").update(`${what} ${shape.seed} ${index}`).digest();
    this.credentials = {
      corpId: options.corpId ?? `ww${derive("corp").toString("hex").slice(0, 16)}`,
      appSecret: options.appSecret ?? derive("app").toString("base64url"),
      agentId: options.agentId ?? 1_000_002,
      contactsSecret: options.contactsSecret ?? derive("contacts").toString("base64url"),
    };
    const directory = generateDirectory(shape);
    this.directory = directory;
    this.callbacks = new Callbacks(this.credentials.corpId, () => this.now());
    this.exports = new Exports(
      () => this.now(),
      (jobid, kind) => this.callbacks.tellOfJob(jobid, `export_${kind}`),
    );
    directory.tell = (change) => {
      this.callbacks.tell(change);
      for (const hear of this.listeners) hear(change);
    };
    this.settings = { ...defaultSettings, ...options.settings };
    this.limits = { ...publishedLimits, ...options.limits };
    this.setScope(options.scope ?? wholeCorp);
    const trusted = (ips: readonly string[] | null | undefined) => (ips ? new Map(ips.map((ip) => [ip, 0])) : null);
    this.trustedIps = { app: trusted(options.trustedIps?.app), contacts: trusted(options.trustedIps?.contacts) };
    this.#clock = clock;
  }

  now(): number {
    return this.#clock() + this.clockOffset;
  }

  view(credential: Credential): View {
    const { directory, settings } = this;
    const withholds = credential === "app" && settings.privacy === "new";
    const isGiven = (userid: string) => this.hasAgreed(userid);
    const sight = credential === "contacts" ? fullSight : this.#appSight();
    return { directory, settings, withholds, isGiven, sight, idsAlone: credential === "suite" };
  }

  /** Whether a member has agreed to show the app his sensitive fields. */
  hasAgreed(userid: string): boolean {
    const entry = this.directory.members.get(userid.toLowerCase());
    return entry !== undefined && this.#agreed.has(entry);
  }

  setAgreed(entry: MemberEntry, agreed: boolean): void {
    if (agreed) this.#agreed.add(entry);
    else this.#agreed.delete(entry);
    // Reads may show them now.
    this.settingsVersion += 1;
  }

  agreedUserids(): readonly string[] {
    return [...this.#agreed].map(({ raw }) => raw.userid).sort();
  }

  /** Throws {@link RuleError} where it names what is not there. */
  setScope(scope: Scope): void {
    const users = scope.users.map((userid) => this.directory.member(userid));
    for (const id of scope.departments) this.directory.department(id);
    for (const id of scope.tags) this.directory.tag(id);
    this.#scope = scope;
    this.#scopeUsers = users;
    this.settingsVersion += 1;
  }

  /** The scope as it stands: what was deleted from the corp is in it no more. */
  scope(): Scope {
    const { departments, tags, joined } = this.directory;
    return {
      departments: this.#scope.departments.filter((id) => departments.has(id)),
      users: this.#scopeUsers.filter((entry) => joined[entry.seq] === entry).map(({ raw }) => raw.userid),
      tags: this.#scope.tags.filter((id) => tags.has(id)),
    };
  }

  #appSight(): Sight {
    const stamp = `${this.directory.version}:${this.settingsVersion}`;
    if (this.#sight?.stamp !== stamp) this.#sight = { stamp, sight: makeSight(this.directory, this.scope()) };
    return this.#sight.sight;
  }
}

/** The corp as it is, whatever any credential may see. */
export function truthOf({ credentials, directory }: Corp): Truth {
  return {
    corpId: credentials.corpId,
    departments: [...directory.departments.values()].map(rawDepartment),
    members: directory.joined.flatMap((entry) => (entry ? [{ ...entry.raw, enable: enableOf(entry.raw) }] : [])),
    tags: [...directory.tags.values()].map(rawTag),
  };
}

/**
 * What a full read with this credential can find, people seen one by one among them, each record exactly as the API
 * shows it. The contacts secret is taken to read from an old IP.
 */
export function visibleTruthOf(corp: Corp, credential: Credential): Truth {
  const view = corp.view(credential);
  const { directory, sight, settings } = view;
  const departments = [...directory.departments.values()].filter((entry) => isListed(view, entry.id));
  const members = directory.joined.flatMap((entry) => (entry && isShown(sight, settings, entry) ? [entry.raw] : []));
  const truth = {
    corpId: corp.credentials.corpId,
    departments: departments.map((entry) => viewDepartment(view, entry)),
    members: members.map((raw) => viewMember(view, raw)),
    tags: visibleTags(corp, credential).map((entry) => viewTag(view, entry)),
  };
  // Leaves out what is undefined, as the API's JSON does.
  return JSON.parse(JSON.stringify(truth)) as Truth;
}

/** Whether the department tree shows it: in sight, or above what is, where the corp shows that. */
export function isListed({ sight, settings }: View, id: number): boolean {
  if (sight.everything || sight.departments.has(id)) return true;
  return settings.ancestors !== "omitted" && sight.ancestors.has(id);
}

export function visibleTags(corp: Corp, credential: Credential) {
  const all = [...corp.directory.tags.values()];
  if (credential === "contacts" || corp.settings.appTags === "all") return all;
  const { tags } = corp.scope();
  return all.filter((tag) => tag.ownedByApp || tags.includes(tag.id));
}
