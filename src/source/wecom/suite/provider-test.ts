import type { Check, TestResult } from "../../../lib/check.ts";
import { WecomFault } from "../fault.ts";
import { type ProviderAccess, type ProviderClient, type TicketAccess, ticketValidMs } from "./provider-client.ts";

const providerConsole = "服务商管理后台 (the provider's console)";
const credentials = `${providerConsole} → 服务商信息 → 基本信息 has the provider's CorpID and ProviderSecret`;
const whitelist = `${providerConsole} → 服务商信息 → 基本信息 → IP白名单`;
const callbackPage = `${providerConsole} → 应用管理 → the template or suite → 回调配置 → 指令回调URL`;

/** Tries a provider's credentials, and those of each of its suites: says of each what was found and what to do. */
export async function testProvider(
  access: ProviderAccess,
  client: ProviderClient,
  readTicket: (suiteId: string) => Promise<TicketAccess | null>,
  now: number,
  signal: AbortSignal,
): Promise<TestResult> {
  const provider = await faultOf(client.authenticateProvider(signal));
  const checks: Check[] = [
    provider === null
      ? { name: "credentials", ok: true, detail: "WeCom accepts the provider's corp id and secret." }
      : { name: "credentials", ok: false, detail: `${provider.message} ${credentials}.` },
  ];
  const faults = [provider];
  for (const suiteId of Object.keys(access.suites)) {
    const ticket = await readTicket(suiteId);
    checks.push(ticketCheck(suiteId, ticket, now));
    if (ticket === null || now >= ticket.toldAt + ticketValidMs) {
      checks.push({
        name: `suite ${suiteId}`,
        ok: false,
        detail: "Not tried: without a fresh suite ticket WeCom gives no token.",
      });
      continue;
    }
    const fault = await faultOf(client.authenticateSuite(suiteId, signal));
    faults.push(fault);
    checks.push(
      fault === null
        ? { name: `suite ${suiteId}`, ok: true, detail: "WeCom accepts its secret and its ticket." }
        : { name: `suite ${suiteId}`, ok: false, detail: fault.message },
    );
  }
  checks.splice(1, 0, ipCheck(faults));
  return { ok: checks.every(({ ok }) => ok), checks };
}

function ticketCheck(suiteId: string, ticket: TicketAccess | null, now: number): Check {
  const name = `ticket ${suiteId}`;
  const what = `WeCom sends one every ten minutes, and again when asked to under ${callbackPage}`;
  if (ticket === null) {
    return {
      name,
      ok: false,
      detail: `No suite_ticket has come. ${what}: enter the provider's callbackUrl there, with the same Token and EncodingAESKey; WeCom has to reach it from the internet.`,
    };
  }
  const at = new Date(ticket.toldAt).toISOString();
  if (now < ticket.toldAt + ticketValidMs) return { name, ok: true, detail: `The last suite_ticket is of ${at}.` };
  return {
    name,
    ok: false,
    detail: `The last suite_ticket is of ${at}, and none is good for more than 30 minutes. ${what}: see that it still reaches this bridge.`,
  };
}

function ipCheck(faults: readonly (WecomFault | null)[]): Check {
  const untrusted = faults.find((fault) => fault?.code === "wecom.ip-untrusted");
  if (untrusted) {
    const from = untrusted.callerIp === null ? "this machine's address" : untrusted.callerIp;
    return { name: "ip", ok: false, detail: `WeCom does not trust ${from}: add it to ${whitelist}.` };
  }
  if (faults.some((fault) => fault === null)) return { name: "ip", ok: true, detail: "WeCom takes calls from here." };
  return { name: "ip", ok: false, detail: "Not known: none of the calls was answered well." };
}

async function faultOf(call: Promise<void>): Promise<WecomFault | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof WecomFault) return error;
    throw error;
  }
}
