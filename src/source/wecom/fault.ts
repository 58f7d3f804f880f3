import { isIP } from "node:net";
import { type ReadProblem, SourceError } from "../source.ts";
import { meaningOf, type Reaction } from "./errcodes.ts";

/**
 * One call to WeCom that did not bring what was asked for. Its message is for an administrator. It is built from our
 * own words, numbers, and an address: never from text that WeCom or the network sent, and it has no `cause`, because
 * the credential travels in the query string and could come back in either.
 */
export class WecomFault extends Error {
  readonly code: string;
  readonly errcode: number | null;
  readonly reaction: Reaction;
  /** True where the network or WeCom's own health was in the way rather than a rule. */
  readonly transient: boolean;
  /** The address that WeCom saw the call come from, where it said so. */
  readonly callerIp: string | null;
  /** True where no token could be had, so that nothing else can be asked for either. */
  readonly noToken: boolean;

  constructor(
    code: string,
    message: string,
    facts: {
      reaction: Reaction;
      errcode?: number;
      transient?: boolean;
      callerIp?: string | null;
      noToken?: boolean;
    },
  ) {
    super(message);
    this.name = "WecomFault";
    this.code = code;
    this.errcode = facts.errcode ?? null;
    this.reaction = facts.reaction;
    this.transient = facts.transient ?? false;
    this.callerIp = facts.callerIp ?? null;
    this.noToken = facts.noToken ?? false;
  }
}

/** WeCom answered with an errcode other than 0. Of `errmsg`, free text, only the caller's address is used. */
export function refusal(errcode: number, errmsg: string): WecomFault {
  const { reaction, code, says, advice } = meaningOf(errcode);
  const callerIp = callerIpIn(errmsg);
  const facts =
    callerIp !== null && code === "wecom.ip-untrusted" ? `${callerIp}, errcode ${errcode}` : `errcode ${errcode}`;
  return new WecomFault(code, `${says} (${facts}).${advice === "" ? "" : ` ${advice}.`}`, {
    reaction,
    errcode,
    transient: reaction === "retry",
    callerIp,
  });
}

/**
 * The same where a token was asked for. A refusal that elsewhere concerns one object says nothing of any there, and
 * without a token there is no part to go on with. Or else user/get, in want of a token, would find that nobody is there.
 */
export function withoutToken(fault: WecomFault): WecomFault {
  const { code, message, errcode, transient, callerIp } = fault;
  const reaction = fault.reaction === "object" ? "connection" : fault.reaction;
  const known = errcode === null ? {} : { errcode };
  return new WecomFault(code, message, { reaction, ...known, transient, callerIp, noToken: true });
}

/** WeCom, or something on the way to it, answered with what its API never answers. */
export function nonsense(what: string, reaction: "retry" | "object" = "object"): WecomFault {
  return new WecomFault(
    "wecom.nonsense",
    `The answer makes no sense: ${what}. See that apiBaseUrl points to WeCom's API and that no proxy or firewall on the way answers in its place.`,
    { reaction, transient: true },
  );
}

/** No answer came at all. `why` is a name such as ECONNREFUSED. */
export function unreachable(origin: string, why: string): WecomFault {
  return new WecomFault(
    "wecom.unreachable",
    `WeCom could not be reached at ${origin} (${why}). See that this machine may connect to it: DNS, firewall, proxy.`,
    { reaction: "retry", transient: true },
  );
}

/** The read ends here: the fault as the error of a whole source. */
export function toSourceError(fault: WecomFault, what?: string): SourceError {
  const passing = fault.transient || fault.reaction === "wait" || fault.reaction === "slow-down";
  return new SourceError(fault.code, what === undefined ? fault.message : `${what}: ${fault.message}`, {
    errcode: fault.errcode,
    retryable: passing,
  });
}

/** The read goes on without a part: `what` names it, with its id. */
export function toProblem(fault: WecomFault, code: string, what: string): ReadProblem {
  return { code, detail: `${what}: ${fault.message}`, errcode: fault.errcode };
}

/** `…, from ip: 203.0.113.7, more info at …`: the form that real messages have. */
function callerIpIn(errmsg: string): string | null {
  const found = /from ip: ?([0-9a-fA-F.:]{2,45})/.exec(errmsg)?.[1];
  return found !== undefined && isIP(found) !== 0 ? found : null;
}
