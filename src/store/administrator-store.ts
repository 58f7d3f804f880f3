import type { Page } from "./task-store.ts";

// Who may use the management API, from where, and what they did.

/** `auditor`: reads everything, changes nothing. */
export type AdministratorRole = "administrator" | "auditor";

export interface AdministratorRow {
  readonly id: string;
  /** Stays as long as the account, because records name people by it. */
  readonly name: string;
  readonly role: AdministratorRole;
  readonly hasPassword: boolean;
  readonly disabled: boolean;
  readonly createdAt: number;
  /** To within a minute; null: never. */
  readonly lastSeenAt: number | null;
}

/** What an account is let in by. */
export interface AdministratorCredentials {
  readonly administrator: AdministratorRow;
  /** A password's hash (lib/password.ts); null: it has none. */
  readonly password: string | null;
  /** Their number: sessions end when it grows. */
  readonly version: number;
}

export interface AdministratorChange {
  readonly role?: AdministratorRole;
  readonly disabled?: boolean;
  /** The hash; null takes the password away. */
  readonly password?: string | null;
  /** SHA-256 of the token, base64url. */
  readonly tokenHash?: string;
}

export interface AdministratorStore {
  /** Throws {@link NameTakenError}; names that differ in case alone are the same. */
  createAdministrator(administrator: {
    readonly name: string;
    readonly role: AdministratorRole;
    readonly tokenHash: string;
    readonly password: string | null;
  }): Promise<AdministratorRow>;
  /** Newest last. */
  listAdministrators(): Promise<readonly AdministratorRow[]>;
  findAdministrator(idOrName: string): Promise<AdministratorRow | null>;
  /** By what somebody is let in; null where there is none, or it is disabled. */
  findCredentials(
    by: { readonly tokenHash: string } | { readonly name: string },
  ): Promise<AdministratorCredentials | null>;
  /** Another password or token, and being disabled, ends the sessions. Null when it is not there (any more). */
  updateAdministrator(id: string, change: AdministratorChange): Promise<AdministratorRow | null>;
  /** Its sessions end. False when it was not there. */
  deleteAdministrator(id: string): Promise<boolean>;
  noteSeen(id: string): Promise<void>;
}

export interface SessionRow {
  readonly idHash: string;
  /** As it is now; null: the administrator of the environment's token. */
  readonly administrator: AdministratorRow | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface SessionStore {
  /**
   * @param of null: the administrator of the environment's token
   * @param replaces the hash of the session that ends with it
   */
  createSession(
    idHash: string,
    of: { readonly administratorId: string; readonly credentials: number } | null,
    expiresAt: number,
    replaces?: string,
  ): Promise<void>;
  /**
   * The session with one of these hashes. Null when there is none, when its time is over, and when its account was deleted,
   * disabled, or given another token or password since.
   */
  findSession(idHashes: readonly string[]): Promise<SessionRow | null>;
  extendSession(idHash: string, expiresAt: number): Promise<void>;
  deleteSession(idHash: string): Promise<void>;
}

/** What something was done to. */
export interface AuditSubject {
  /** `source`, `target`, `settings` and so on. */
  readonly kind: string;
  readonly id: string | null;
  /** As it was called then, where it has a name that is no person's. */
  readonly name: string | null;
}

export interface AuditRecord {
  readonly id: string;
  readonly at: number;
  /** Name; null for somebody whom nobody knows. */
  readonly administrator: string | null;
  readonly role: AdministratorRole | null;
  /** Method and route: `PATCH /api/v1/sources/{id}`. */
  readonly action: string;
  readonly subject: AuditSubject | null;
  /** HTTP status of the answer; null: there is none yet, or the process ended before there was. */
  readonly status: number | null;
  /** JSON Pointers of the fields that the body had; never what was in them. */
  readonly fields: readonly string[];
  readonly address: string | null;
}

export interface AuditQuery {
  readonly administrator?: string;
  /** Part of the action. */
  readonly action?: string;
  /** From this time on. */
  readonly from?: number;
  /** Before this time. */
  readonly to?: number;
  readonly cursor?: string;
  readonly limit: number;
}

export interface AuditStore {
  /** Written before it is done, so that nothing is done that is not in it. Answers the record's id. */
  beginAudit(record: Omit<AuditRecord, "id" | "at">): Promise<string>;
  endAudit(id: string, end: { readonly status: number; readonly subject: AuditSubject | null }): Promise<void>;
  /** Newest first. */
  listAudit(query: AuditQuery): Promise<Page<AuditRecord>>;
  /** What somebody did to one of these since then, refusals aside; oldest first. */
  auditOf(
    subjects: readonly (Pick<AuditSubject, "kind" | "id"> | { readonly kind: string; readonly name: string })[],
    since: number,
  ): Promise<readonly AuditRecord[]>;
}
