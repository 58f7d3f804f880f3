import type { z } from "zod";
import type { authorizationView, providerView } from "../../src/http/admin/provider-schemas.ts";
import type { SuiteKind } from "../../src/simulator/wecom/provider/model.ts";
import type { WecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import type { RunningBridge } from "./bridge.ts";

export type Authorization = z.output<typeof authorizationView>;
export type Provider = z.output<typeof providerView>;

/** Of each kind another one: which suite a message is of says its signature. */
export const suiteKeys: Readonly<Record<SuiteKind, { readonly token: string; readonly encodingAesKey: string }>> = {
  customised: { token: "QDG6eK", encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C" },
  "third-party": {
    token: "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EYo",
    encodingAesKey: "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt",
  },
};

/** The id of the simulator's suite of this kind. */
export function suiteOf(wecom: WecomSimulator, kind: SuiteKind): string {
  const found = wecom.provider.suites.find((suite) => suite.kind === kind);
  if (found === undefined) throw new Error(`the simulator has no suite of kind ${kind}`);
  return found.suiteId;
}

/** The form of the simulator's service provider. */
export function providerForm(wecom: WecomSimulator, more: object = {}): object {
  const templates = wecom.provider.suites.map(
    ({ suiteId, kind, secret }) => [suiteId, { kind, secret, callback: suiteKeys[kind] }] as const,
  );
  return {
    name: "our-company",
    corpId: wecom.provider.corpId,
    providerSecret: wecom.provider.providerSecret,
    apiBaseUrl: wecom.url,
    installBaseUrl: wecom.url,
    templates: Object.fromEntries(templates),
    ...more,
  };
}

/** Makes the provider at the bridge, and enters its address in the simulated console. */
export async function connectProvider(wecom: WecomSimulator, bridge: RunningBridge): Promise<Provider> {
  const provider = await bridge.api.call<Provider>("POST", "/providers", providerForm(wecom));
  await enterAddress(wecom, bridge, provider.id);
  return provider;
}

/** Enters the address of the provider's commands for each suite: a bridge that is started anew has another one. */
export async function enterAddress(wecom: WecomSimulator, bridge: RunningBridge, providerId: string): Promise<void> {
  for (const { suiteId, kind } of wecom.provider.suites) {
    const url = `${bridge.url}/wecom/suite/${providerId}`;
    await wecom.provider.control.setCallback(suiteId, { url, ...suiteKeys[kind] });
  }
  await wecom.provider.control.messagesIdle();
}

export function requestAuthorization(
  bridge: RunningBridge,
  template: string,
  more: object = {},
): Promise<Authorization> {
  return bridge.api.call("POST", "/providers/our-company/authorizations", { template, ...more });
}

export function readAuthorization(bridge: RunningBridge, id: string): Promise<Authorization> {
  return bridge.api.call("GET", `/providers/our-company/authorizations/${id}`);
}

export async function listAuthorizations(bridge: RunningBridge): Promise<readonly Authorization[]> {
  const { items } = await bridge.api.call<{ items: readonly Authorization[] }>(
    "GET",
    "/providers/our-company/authorizations",
  );
  return items;
}
