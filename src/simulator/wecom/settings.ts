/** Which of a corp's two secrets a token belongs to; `suite`: a third-party suite that it authorised, which has none. */
export type Credential = "app" | "contacts" | "suite";

/** The app's visible scope (可见范围). A department stands for its whole subtree. */
export interface Scope {
  readonly departments: readonly number[];
  readonly users: readonly string[];
  readonly tags: readonly number[];
}

/**
 * How this corp behaves: where WeCom differs from corp to corp, and where its documentation leaves a question open.
 * The first value named is the default.
 */
export interface Settings {
  /**
   * `old`: the app was made before 2022-06-20 and is shown everything. `new`: no mobile, email, biz_mail, avatar,
   * qr_code, address; gender "0" (WeCom doc path/96255). The contacts secret is not concerned.
   */
  readonly privacy: "old" | "new";
  /** What stands in place of a withheld field. */
  readonly withheld: "missing" | "empty";
  /** Whether members carry `enable`. Default false. */
  readonly sendsEnable: boolean;
  /** Whether departments above the visible ones are listed, and with their names. */
  readonly ancestors: "omitted" | "nameless" | "named";
  /**
   * `new`: the caller's IP was configured for the contacts secret after 2022-08-15; details are refused with 48009 and
   * only ids can be read. `old`: it reads everything.
   */
  readonly contactsIp: "new" | "old";
  /** Whether members who left the corp themselves (status 5) still appear. Default true. */
  readonly departedListed: boolean;
  /** Whether user/list_id names members who are not active (status 2, 4 and 5). Default true. */
  readonly inactiveListed: boolean;
  /** The most rows that a page of user/list_id has, however many are asked for. Default 10,000. */
  readonly idListRows: number;
  /** Whether the retired parameter `fetch_child` still has effect. Default false. */
  readonly fetchChild: boolean;
  /** Tags that the app may see: all, or those it made and those in its scope. */
  readonly appTags: "all" | "own-and-scope";
  /** Whether the contacts secret may read tags from a new IP. Default true. */
  readonly contactsTags: boolean;
  /** What the department tree answers to an app that sees single members only. */
  readonly emptyTree: "empty" | "refused";
  readonly unknownDepartment: 60003 | 60123;
  readonly outOfScopeMember: 60111 | 60011;
  /** A main department outside the visible ones. */
  readonly hiddenMainDepartment: "sent" | "omitted";
  /** Whether gettoken too asks for a trusted IP. Default false. */
  readonly gettokenChecksIp: boolean;
  /**
   * Whether the credential may order exports, and whether they come to an end (WeCom doc path/94849). `refused` is an
   * assumption: which credentials may not is not documented.
   */
  readonly exports: "done" | "failed" | "refused";
  /** `few`: an export has userid, name, department, position and status alone, as some have met. */
  readonly exportFields: "all" | "few";
  /** How long an export takes. Milliseconds; default 0. */
  readonly exportMs: number;
  /** Entries of each file, however many are asked for, so that a small corp has several; 0 (default): as asked for. */
  readonly exportBlock: number;
  /** Files that the list of an export's files lacks, the last ones; default 0. That it happens is an assumption. */
  readonly exportLostFiles: number;
  /** False: the administrator has disabled the app. Default true. */
  readonly appEnabled: boolean;
  /** The sensitive fields that the administrator has chosen on the app's page: members can give these. Default: all. */
  readonly consentFields: readonly SensitiveField[];
  /** Host, with its port where it has one, that members may be sent back to with a code. Default null: any. */
  readonly trustedDomain: string | null;
  /** Whether reads show the fields of a member who has agreed, or auth/getuserdetail alone does. Default `detail`. */
  readonly afterConsent: "detail" | "read";
  /** What becomes of a member outside the app's scope who is asked for his fields. */
  readonly consentOutOfScope: "page-error" | "no-ticket";
  /** What a code is answered with that was used before. */
  readonly usedCode: 40029 | 42022;
}

/** What members give by agreeing (WeCom doc path/96443). */
export const sensitiveFields = ["gender", "avatar", "qr_code", "mobile", "email", "biz_mail", "address"] as const;
export type SensitiveField = (typeof sensitiveFields)[number];

export const defaultSettings: Settings = {
  privacy: "old",
  withheld: "missing",
  sendsEnable: false,
  ancestors: "omitted",
  contactsIp: "new",
  departedListed: true,
  inactiveListed: true,
  idListRows: 10_000,
  fetchChild: false,
  appTags: "all",
  contactsTags: true,
  emptyTree: "empty",
  unknownDepartment: 60003,
  outOfScopeMember: 60111,
  hiddenMainDepartment: "sent",
  gettokenChecksIp: false,
  exports: "done",
  exportFields: "all",
  exportMs: 0,
  exportBlock: 0,
  exportLostFiles: 0,
  appEnabled: true,
  consentFields: sensitiveFields,
  trustedDomain: null,
  afterConsent: "detail",
  consentOutOfScope: "page-error",
  usedCode: 40029,
};

export const wholeCorp: Scope = { departments: [1], users: [], tags: [] };
