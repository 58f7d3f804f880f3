import type { Language } from "./visitor.ts";

/** Why a visit came to nothing. */
export type Trouble =
  | "unknown"
  | "off"
  | "not-set-up"
  | "expired"
  | "declined"
  | "code"
  | "domain"
  | "outsider"
  | "other-organization"
  | "out-of-scope"
  | "later"
  | "broken"
  | "too-many";

/** All that the page says. */
export interface Texts {
  readonly language: string;
  readonly other: { readonly name: string; readonly lang: Language };
  readonly title: string;
  readonly lead: (organization: string) => string;
  readonly what: string;
  readonly whatNote: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly who: string;
  readonly whoNote: (organization: string) => string;
  readonly noTargets: string;
  readonly why: string;
  readonly whyNote: string;
  readonly how: string;
  readonly howNotes: (days: number) => readonly string[];
  readonly nothingYet: string;
  readonly agree: string;
  readonly look: string;
  readonly outside: string;
  readonly outsideNote: string;
  readonly you: string;
  readonly shared: string;
  readonly sharedLead: string;
  readonly agreedAt: string;
  readonly refreshedAt: string;
  readonly withdraw: string;
  readonly withdrawNote: string;
  readonly withdrawn: string;
  readonly withdrawnAt: string;
  readonly withdrawnNote: string;
  readonly withdrawnFields: string;
  readonly clearedIn: string;
  readonly none: string;
  readonly noneNote: string;
  readonly agreeAgain: string;
  readonly update: string;
  readonly zone: string;
  readonly begin: string;
  readonly trouble: Readonly<Record<Trouble, readonly [title: string, text: string]>>;
}

const zh: Texts = {
  language: "zh-Hans",
  other: { name: "English", lang: "en" },
  title: "共享您的个人信息",
  lead: (organization) => `${organization} 请您同意共享企业微信中的部分个人信息，用于为您开通和维护账号。`,
  what: "共享哪些信息",
  whatNote: "实际共享的范围以企业微信下一步显示的内容为准，未填写的信息不会共享。",
  fields: {
    mobile: "手机号",
    email: "邮箱",
    biz_mail: "企业邮箱",
    avatar: "头像",
    gender: "性别",
    qr_code: "个人二维码",
    address: "地址",
  },
  who: "共享给谁",
  whoNote: (organization) => `由 ${organization} 管理的以下系统：`,
  noTargets: "目前尚未接入任何系统。今后接入的系统会显示在这里。",
  why: "为什么需要",
  whyNote: "企业微信不再向应用直接提供这些信息。您同意后，上述系统中的账号会自动填好，无需再手动登记。",
  how: "如何保存",
  howNotes: (days) => [
    "在您同意之前，不会保存任何内容。",
    "信息加密保存，每次您打开本页并登录时更新。",
    `离职后 ${days} 天内删除。`,
    "您可随时在本页撤回；撤回后立即从这里删除，并从上述系统中清除。",
  ],
  nothingYet: "是否同意由您决定，不同意不影响您使用企业微信。",
  agree: "同意并继续",
  look: "查看或撤回我的同意",
  outside: "请在企业微信中打开",
  outsideNote: "本页只能在企业微信里使用。请复制下面的链接，发到企业微信的任意聊天（例如发给自己），再点击打开：",
  you: "您的账号",
  shared: "您正在共享以下信息",
  sharedLead: "这些信息来自企业微信：",
  agreedAt: "同意时间",
  refreshedAt: "最近更新",
  withdraw: "撤回同意",
  withdrawNote: "撤回后，这里保存的信息立即删除，并从上述系统中清除。",
  withdrawn: "您已撤回同意",
  withdrawnAt: "撤回时间",
  withdrawnNote: "这里保存的信息已经删除，下列系统中由此填写的内容正在清除。",
  withdrawnFields: "撤回的信息",
  clearedIn: "从哪里清除",
  none: "您没有共享任何信息",
  noneNote: "企业微信没有提供任何信息。可能是您没有同意，也可能是管理员尚未为该应用选择可申请的敏感信息。",
  agreeAgain: "同意并共享",
  update: "重新获取",
  zone: "北京时间",
  begin: "返回重新开始",
  trouble: {
    unknown: ["找不到此页面", "链接可能不完整或已失效。请向管理员索取新的链接。"],
    off: ["此页面已停用", "管理员已停用对应的通讯录，目前无法共享信息。如需撤回同意，请联系管理员。"],
    "not-set-up": ["此页面尚未启用", "管理员需要先在本系统中填写该应用的 AgentId 和 Secret。"],
    expired: ["此次登录已过期或已使用", "没有保存任何内容。请从头开始，并保持在同一个窗口中操作。"],
    declined: ["您没有同意", "没有保存任何内容。如果改变主意，可以重新开始。"],
    code: ["登录凭证已使用或已过期", "没有保存任何内容。请重新开始（40029）。"],
    domain: [
      "可信域名未配置",
      "企业微信不信任本页的域名。请管理员在应用的“网页授权及JS-SDK”中把本页的域名（包括端口）设为可信域名（50001）。",
    ],
    outsider: ["您不是该企业的成员", "请用企业微信登录该企业后再打开本页。没有保存任何内容。"],
    "other-organization": [
      "您属于另一家企业",
      "此页面只供本企业成员使用。请在企业微信中切换到该企业后再打开。没有保存任何内容。",
    ],
    "out-of-scope": [
      "您不在该应用的可见范围内",
      "请管理员把您加入该应用的可见范围，然后再试（60011）。没有保存任何内容。",
    ],
    later: ["暂时无法连接企业微信", "没有保存任何内容。请稍后再试。"],
    broken: ["企业微信拒绝了请求", "没有保存任何内容。请告知管理员检查该应用的设置，日志中有原因，编号："],
    "too-many": ["访问太频繁", "请稍等几分钟再试。"],
  },
};

const en: Texts = {
  language: "en",
  other: { name: "中文", lang: "zh" },
  title: "Share your personal details",
  lead: (organization) =>
    `${organization} asks you to share some of your personal details in WeCom, to set up and maintain your accounts.`,
  what: "What is shared",
  whatNote: "WeCom shows on its next page what exactly is shared. What you have not filled in is not shared.",
  fields: {
    mobile: "Mobile number",
    email: "E-mail",
    biz_mail: "Business e-mail",
    avatar: "Picture",
    gender: "Gender",
    qr_code: "Personal QR code",
    address: "Address",
  },
  who: "With whom",
  whoNote: (organization) => `These systems, run by ${organization}:`,
  noTargets: "No system is connected yet. Those that are connected later will be listed here.",
  why: "Why",
  whyNote:
    "WeCom no longer gives these details to apps. Once you agree, your accounts in these systems are filled in without any form.",
  how: "How it is kept",
  howNotes: (days) => [
    "Nothing is stored before you agree.",
    "It is stored encrypted, and brought up to date each time you come to this page and sign in.",
    `It is erased within ${days} days after you leave.`,
    "You can withdraw on this page at any time: it is then erased here at once, and cleared in these systems.",
  ],
  nothingYet: "It is your choice. If you do not agree, you can use WeCom as before.",
  agree: "Agree and continue",
  look: "See or withdraw my consent",
  outside: "Open this page in WeCom",
  outsideNote:
    "It works inside WeCom only. Copy this link, send it to any chat in WeCom (to yourself, for instance), and open it there:",
  you: "Your account",
  shared: "You share these details",
  sharedLead: "They come from WeCom:",
  agreedAt: "Agreed",
  refreshedAt: "Last updated",
  withdraw: "Withdraw my consent",
  withdrawNote:
    "When you withdraw, what is stored here is erased at once, and what was filled in from it is cleared in these systems.",
  withdrawn: "You have withdrawn your consent",
  withdrawnAt: "Withdrawn",
  withdrawnNote: "What was stored here is erased. What was filled in from it in these systems is being cleared.",
  withdrawnFields: "Withdrawn details",
  clearedIn: "Where it is cleared",
  none: "You share nothing",
  noneNote:
    "WeCom gave no details. Either you did not agree, or the administrator has not chosen sensitive fields for this app.",
  agreeAgain: "Agree and share",
  update: "Update now",
  zone: "China time",
  begin: "Back to the beginning",
  trouble: {
    unknown: [
      "There is no such page",
      "The link may be incomplete or out of date. Ask your administrator for a new one.",
    ],
    off: [
      "This page is switched off",
      "The administrator has disabled this directory, so nothing can be shared now. To withdraw your consent, ask the administrator.",
    ],
    "not-set-up": ["This page is not set up", "The administrator has to enter the app's AgentId and Secret first."],
    expired: [
      "This sign-in is out of date, or was used before",
      "Nothing was stored. Begin again, and stay in the same window.",
    ],
    declined: ["You did not agree", "Nothing was stored. You can begin again if you change your mind."],
    code: ["The sign-in code was used before, or is out of date", "Nothing was stored. Begin again (40029)."],
    domain: [
      "The trusted domain is not set",
      "WeCom does not trust this page's domain. The administrator has to enter it, with its port, as trusted domain (可信域名) under 网页授权及JS-SDK of the app (50001).",
    ],
    outsider: [
      "You are not a member of this organization",
      "Sign in to it in WeCom, and open this page again. Nothing was stored.",
    ],
    "other-organization": [
      "You are a member of another organization",
      "This page is for members of this one. Switch to it in WeCom, and open this page again. Nothing was stored.",
    ],
    "out-of-scope": [
      "You are not in the app's visible scope",
      "Ask the administrator to add you to the app's visible scope (可见范围), and try again (60011). Nothing was stored.",
    ],
    later: ["WeCom can't be reached now", "Nothing was stored. Try again later."],
    broken: [
      "WeCom refused the request",
      "Nothing was stored. Ask the administrator to check the app's settings; the log has the reason, under",
    ],
    "too-many": ["Too many requests", "Wait a few minutes, and try again."],
  },
};

export const texts: Readonly<Record<Language, Texts>> = { zh, en };
