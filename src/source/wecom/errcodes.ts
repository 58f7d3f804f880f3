/**
 * What to do next when WeCom answers with an error:
 *
 * - `renew-token` fetch a new token and try once more
 * - `retry`       a passing trouble: again, a few times, with pauses
 * - `wait`        a frequency limit: wait until its window is over
 * - `slow-down`   too many calls at once: fewer in parallel, again after a short pause
 * - `object`      only this department, member or tag is concerned
 * - `connection`  nothing will work with these credentials until a person has done something
 * - `bug`         the call was wrong in itself
 */
export type Reaction = "renew-token" | "retry" | "wait" | "slow-down" | "object" | "connection" | "bug";

export interface ErrcodeMeaning {
  readonly reaction: Reaction;
  /** The bridge's own name for it, to be matched on. */
  readonly code: string;
  /** What happened: a sentence without its full stop. */
  readonly says: string;
  /** What a person can do about it; empty where there is nothing to do. */
  readonly advice: string;
}

/**
 * The meaning of an errcode (WeCom doc path/90313). A code that is not known ends the read: nothing may be removed on
 * the ground of an answer that was not understood.
 */
export function meaningOf(errcode: number): ErrcodeMeaning {
  return (
    meanings.get(errcode) ?? {
      reaction: "connection",
      code: "wecom.refused",
      says: "WeCom refused the call for a reason that this bridge does not know",
      advice: `Look the number up at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`,
    }
  );
}

const apps = "应用管理 (app management)";
const contactsSync = "管理工具 → 通讯录同步 (contacts synchronisation)";
const openScope = `Widen the app's 可见范围 (visible scope) in the admin console under ${apps}`;
const checkSecret = `Copy the Secret again from the app's page in the admin console under ${apps}, and see that the app is enabled there`;
const checkAgent = `Copy the AgentId and the Secret from the same app's page in the admin console under ${apps}`;
const trustIp = `Add that address in the admin console under ${apps} → the app → 企业可信IP (trusted IP); it takes about a minute to apply. For the contacts secret the list is under ${contactsSync}`;
const useAppSecret = `Use the Secret of a self-built app (${apps}) as the source's corpSecret`;
const enableApp = `Enable the app in the admin console under ${apps}`;
const slower =
  "The bridge will try again later; if it keeps happening, see which other programs call WeCom for this corp";
const reauthorise =
  "The corp's administrator has to authorise the app again: it is listed in the admin console under 应用管理 (app management) → 第三方应用 or 代开发";
const checkSuite = "Copy the SuiteID and its Secret again from the provider's console (服务商后台) under 应用管理";
const seeScope = `If it is still there, widen the app's 可见范围 (visible scope) in the admin console under ${apps}`;
const report = "This is a fault of the bridge: please report it";
const none = "";

type Row = readonly [errcode: number, reaction: Reaction, code: string, says: string, advice: string];

/** Refusals of changes of the directory. The bridge asks for none; should one come, it says nothing of who is there. */
const writeSide: readonly number[] = [
  40071, 40072, 45024, 45026, 60008, 60009, 60010, 60102, 60103, 60104, 60105, 60106, 60110, 60112, 60125, 60129, 81011,
  301005, 301036,
];
const ofWriting = (errcode: number): Row => [
  errcode,
  "object",
  "wecom.change-refused",
  "WeCom answers as if a change of the directory had been asked for, which this bridge never does",
  report,
];
const ofSuite = (errcode: number): Row => [
  errcode,
  "bug",
  "wecom.bad-call",
  "WeCom misses a parameter of the suite",
  report,
];

// The reactions are those that the vendor's table of global error codes asks for; retry only what is a system failure.
const meanings: ReadonlyMap<number, ErrcodeMeaning> = new Map(
  (
    [
      [-1, "retry", "wecom.busy", "WeCom is busy", "The bridge will try again later"],
      [6000, "retry", "wecom.busy", "WeCom met a concurrent edit of the directory", "The bridge will try again later"],
      [40001, "connection", "wecom.secret-invalid", "WeCom does not accept the secret", checkSecret],
      [40003, "object", "wecom.userid-invalid", "WeCom does not accept the userid", seeScope],
      [
        40013,
        "connection",
        "wecom.corp-id-invalid",
        "WeCom does not know the corp id",
        "Copy it from 我的企业 → 企业信息 → 企业ID in the admin console",
      ],
      [40014, "renew-token", "wecom.token-refused", "WeCom refuses the access token, even a fresh one", checkSecret],
      [40029, "object", "wecom.code-invalid", "WeCom does not accept the sign-in code", none],
      [40031, "object", "wecom.userid-invalid", "WeCom finds none of the userids valid", seeScope],
      [40056, "connection", "wecom.agent-id-invalid", "WeCom does not accept the AgentId", checkAgent],
      [40058, "bug", "wecom.bad-call", "WeCom found a parameter of the call invalid", report],
      [40063, "bug", "wecom.bad-call", "WeCom misses a parameter of the call", report],
      [40066, "object", "wecom.department-gone", "WeCom does not accept the department ids", seeScope],
      [40068, "object", "wecom.tag-gone", "WeCom does not know the tag", seeScope],
      [40070, "object", "wecom.tag-gone", "WeCom finds nothing valid in the tag's list", none],
      [40078, "object", "wecom.code-invalid", "WeCom does not accept the authorisation code", none],
      [40082, "renew-token", "wecom.token-refused", "WeCom refuses the suite's access token", none],
      [40083, "connection", "wecom.suite-invalid", "WeCom does not accept the suite id", checkSuite],
      [40084, "connection", "wecom.authorization-cancelled", "WeCom does not accept the permanent code", reauthorise],
      [40085, "retry", "wecom.suite-ticket-invalid", "WeCom does not accept the suite ticket", none],
      [40088, "object", "wecom.job-gone", "WeCom does not know the export job", none],
      [40091, "connection", "wecom.secret-invalid", "The secret belongs to another corp", checkSecret],
      [41001, "bug", "wecom.bad-call", "WeCom misses the access token", report],
      [41002, "bug", "wecom.bad-call", "WeCom misses the corp id", report],
      [41004, "bug", "wecom.bad-call", "WeCom misses the secret", report],
      [41009, "bug", "wecom.bad-call", "WeCom misses the userid", report],
      [41017, "bug", "wecom.bad-call", "WeCom misses the tag id", report],
      ...[41021, 41022, 41023, 41024, 41025].map(ofSuite),
      [42001, "renew-token", "wecom.token-refused", "WeCom holds the access token for expired", checkSecret],
      [42007, "object", "wecom.code-invalid", "The pre-authorisation code has expired", none],
      [42009, "renew-token", "wecom.token-refused", "The suite's access token has expired", none],
      [42022, "object", "wecom.code-invalid", "The sign-in code was used already", none],
      [45009, "wait", "wecom.rate-limited", "WeCom's limit of calls is used up, or this address is blocked", slower],
      [
        45029,
        "object",
        "wecom.answer-too-large",
        "WeCom says that the answer would be too large",
        "Divide the department's members among sub-departments, or make the app's 可见范围 (visible scope) smaller",
      ],
      [45033, "slow-down", "wecom.rate-limited", "WeCom allows fewer calls at the same time", slower],
      [48001, "connection", "wecom.api-not-allowed", "The app has not been granted this API", useAppSecret],
      [48002, "connection", "wecom.api-not-allowed", "This secret may not call this API", useAppSecret],
      [48003, "connection", "wecom.suite-invalid", "The token belongs to another suite", checkSuite],
      [48004, "connection", "wecom.authorization-cancelled", "The app's authorisation was cancelled", reauthorise],
      [48005, "connection", "wecom.api-not-allowed", "WeCom has retired this API", report],
      [
        48006,
        "connection",
        "wecom.app-dormant",
        "WeCom withdrew the app's permission because it was not used for long",
        `Open the app in the admin console under ${apps} and enable its API again`,
      ],
      [48008, "connection", "wecom.api-not-allowed", "A contact-edit authorisation may not read this", useAppSecret],
      [
        48009,
        "connection",
        "wecom.contacts-secret-restricted",
        "The contacts secret may no longer read names and details from an address that was added after 15 August 2022",
        useAppSecret,
      ],
      [
        50001,
        "connection",
        "wecom.domain-untrusted",
        "WeCom does not trust the redirect domain",
        `Add the bridge's domain as a trusted one (可信域名) on the app's page in the admin console under ${apps}`,
      ],
      [50002, "object", "wecom.no-permission", "The member is outside the app's visible scope", openScope],
      [50003, "connection", "wecom.app-disabled", "The app is disabled", enableApp],
      [60003, "object", "wecom.department-gone", "The department does not exist", seeScope],
      [60011, "object", "wecom.no-permission", "The app has no right to it", openScope],
      [60020, "connection", "wecom.ip-untrusted", "WeCom does not trust the address that the call came from", trustIp],
      [60021, "object", "wecom.no-permission", "The member is outside the app's visible scope", openScope],
      [60031, "connection", "wecom.api-not-allowed", "WeCom forbids the app to call its API", enableApp],
      [60111, "object", "wecom.user-not-visible", "The member does not exist or is out of the app's sight", seeScope],
      [60121, "object", "wecom.user-not-visible", "The member does not exist or is out of the app's sight", seeScope],
      [60123, "object", "wecom.department-gone", "The department id is not valid", seeScope],
      [60124, "object", "wecom.department-gone", "The parent department's id is not valid", seeScope],
      [81001, "object", "wecom.answer-too-large", "The department has more than 30,000 nodes directly below it", none],
      [81013, "object", "wecom.no-permission", "None of the users, departments and tags is permitted", openScope],
      [84014, "object", "wecom.code-invalid", "The user ticket has expired", none],
      [84015, "object", "wecom.code-invalid", "WeCom does not accept the user ticket", none],
      [
        301002,
        "connection",
        "wecom.agent-id-invalid",
        "The secret belongs to another app than the AgentId",
        checkAgent,
      ],
      [
        301007,
        "connection",
        "wecom.corp-closed",
        "The corp was dissolved or banned",
        "See its state in the admin console under 我的企业 (my company), and disable this source if the corp is no longer used",
      ],
      [301042, "connection", "wecom.ip-untrusted", "WeCom does not trust the address that the call came from", trustIp],
      [
        2000002,
        "connection",
        "wecom.corp-id-invalid",
        "WeCom does not know the corp id",
        "Copy it from 我的企业 → 企业信息 → 企业ID in the admin console",
      ],
      ...writeSide.map(ofWriting),
    ] satisfies readonly Row[]
  ).map(([errcode, reaction, code, says, advice]) => [errcode, { reaction, code, says, advice }]),
);

/** Every errcode that {@link meaningOf} knows. */
export const knownErrcodes: readonly number[] = [...meanings.keys()];
