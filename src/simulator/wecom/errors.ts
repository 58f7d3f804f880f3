/** A call that WeCom answers with an errcode other than 0. */
export class ApiError extends Error {
  readonly errcode: number;

  constructor(errcode: number, message = textOf(errcode)) {
    super(message);
    this.name = "ApiError";
    this.errcode = errcode;
  }
}

/** `<text>, hint: [<digits>], from ip: <caller>, more info at …`: the form in which WeCom words its refusals. */
export function errmsgOf(errcode: number, text: string, ip: string): string {
  const hint = `${Date.now()}${String(Math.floor(Math.random() * 1e11)).padStart(11, "0")}`;
  const more = `https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
  return `${text}, hint: [${hint}], from ip: ${ip}, more info at ${more}`;
}

/** The usual wording of a code (WeCom doc path/90313). */
export function textOf(errcode: number): string {
  return texts.get(errcode) ?? "request failed";
}

const texts = new Map<number, string>([
  [-1, "system busy"],
  [40001, "invalid credential"],
  [40003, "invalid userid"],
  [40013, "invalid corpid"],
  [40014, "invalid access_token"],
  [40029, "invalid code"],
  [40056, "invalid agentid"],
  [40058, "invalid Request Parameter"],
  [40063, "some parameters are empty"],
  [40068, "invalid tagid"],
  [40088, "invalid jobid"],
  [40091, "secret is invalid for this corp"],
  [41001, "access_token missing"],
  [41002, "corpid missing"],
  [41004, "corpsecret missing"],
  [41009, "userid missing"],
  [41017, "tagid missing"],
  [42001, "access_token expired"],
  [42022, "code has been used"],
  [45009, "api freq out of limit"],
  [45029, "reply exceeds size limit"],
  [45033, "api concurrent out of limit"],
  [48002, "api forbidden"],
  [48006, "api forbidden for long unused"],
  [48009, "api forbidden for contact assistant"],
  [50001, "redirect_uri is not the trusted domain"],
  [50003, "app disabled"],
  [60003, "department not found"],
  [60011, "no privilege to access/modify contact/party/agent"],
  [60020, "not allow to access from your ip"],
  [60111, "userid not found"],
  [60123, "invalid party id"],
  [84014, "user_ticket expired"],
  [84015, "invalid user_ticket"],
  [301002, "no privilege to access this agent"],
]);
