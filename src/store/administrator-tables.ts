import type { Generated } from "kysely";

// Tables of who may use the management API, and of what they did; see tables.ts.

export interface AdministratorTables {
  administrator: AdministratorTable;
  admin_session: AdminSessionTable;
  audit_record: AuditRecordTable;
}

/** Somebody who may use the management API, beside the administrator of the environment's token. */
interface AdministratorTable {
  id: string;
  /** As it was given, and never another: records name people by it. */
  name: string;
  name_folded: string;
  role: "administrator" | "auditor";
  token_hash: string;
  /** A password's hash with what it was made with (lib/password.ts); null: only the token lets in. */
  password: string | null;
  disabled: number;
  /** Grows with each new token or password, and when it is disabled: sessions are of one number. */
  credentials: number;
  created_at: number;
  last_seen_at: number | null;
}

/** A browser that somebody signed in with. */
interface AdminSessionTable {
  id_hash: string;
  /** Null: the administrator of the environment's token. */
  administrator_id: string | null;
  /** `administrator.credentials` that it was made with. */
  credentials: number;
  created_at: number;
  expires_at: number;
}

/** What somebody did with the management API. */
interface AuditRecordTable {
  seq: Generated<number>;
  at: number;
  /** His name; null for somebody whom nobody knows. */
  administrator: string | null;
  role: "administrator" | "auditor" | null;
  /** Method and route. */
  action: string;
  subject_kind: string | null;
  subject_id: string | null;
  subject_name: string | null;
  /** HTTP status of the answer; null while there is none. */
  status: number | null;
  /** JSON list of pointers: which fields the body had, never what was in them. */
  fields: string;
  address: string | null;
}
