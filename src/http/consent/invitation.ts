/** Texts for an administrator to send to people, with the link that they open in WeCom. */
export function invitations(organization: string, url: string): { readonly zh: string; readonly en: string } {
  return {
    zh: `【${organization}】请在企业微信中打开以下链接，同意共享您的联系方式（手机号、邮箱等），用于为您开通和维护账号：\n${url}\n同意之前不会保存任何内容；您可随时在同一页面查看或撤回。`,
    en: `[${organization}] Please open this link in WeCom and agree to share your contact details (mobile number, e-mail and the like), so that your accounts can be set up and kept up to date:\n${url}\nNothing is stored before you agree, and you can see it or withdraw on the same page at any time.`,
  };
}
