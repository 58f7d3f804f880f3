import type { SuiteDoor } from "../../source.ts";
import type { KeptAuthorization } from "./corp-access.ts";
import type { ProviderAccess, TicketAccess } from "./provider-client.ts";
import { makeSuiteDoor } from "./suite-door.ts";

type Secrets = Readonly<Record<string, string>>;

/** A provider as it is kept: its secrets lie apart, by JSON Pointer. */
export interface KeptProvider {
  readonly settings: {
    readonly corpId: string;
    readonly apiBaseUrl?: string | undefined;
    readonly installBaseUrl?: string | undefined;
    readonly proxy?: string | undefined;
    readonly templates: Readonly<Record<string, { readonly kind: KeptAuthorization["kind"] }>>;
  };
  readonly secrets: Secrets;
  readonly updatedAt: number;
}

/** What is kept of providers and of what corps authorised. */
export interface KeptProviders {
  findProvider(id: string): Promise<KeptProvider | null>;
  readTickets(providerId: string): Promise<ReadonlyMap<string, TicketAccess>>;
  findAuthorization(
    id: string,
  ): Promise<(Omit<KeptAuthorization, "corpId" | "isChanging"> & { readonly corpId: string | null }) | null>;
  /** WeCom did not take the permanent code: it is to be asked soon whether the authorisation still stands. */
  askSoon(id: string): Promise<void>;
  /** Codes that are not exchanged yet, or were given up. */
  openCodes(providerId: string): Promise<readonly { readonly suiteId: string; readonly isTried: boolean }[]>;
}

export async function readProviderAccess(kept: KeptProviders, id: string): Promise<ProviderAccess | null> {
  const row = await kept.findProvider(id);
  if (row === null) return null;
  const { settings, secrets } = row;
  const suites = Object.entries(settings.templates).map(
    ([suiteId, { kind }]) => [suiteId, { kind, secret: secrets[`/templates/${suiteId}/secret`] ?? "" }] as const,
  );
  return {
    version: String(row.updatedAt),
    corpId: settings.corpId,
    providerSecret: secrets["/providerSecret"] ?? "",
    apiBaseUrl: settings.apiBaseUrl,
    installBaseUrl: settings.installBaseUrl,
    // With credentials in it, all of it is a secret.
    proxy: secrets["/proxy"] ?? settings.proxy,
    suites: Object.fromEntries(suites),
  };
}

export async function readAuthorization(kept: KeptProviders, id: string): Promise<KeptAuthorization | null> {
  const row = await kept.findAuthorization(id);
  if (row === null || row.corpId === null) return null;
  const { providerId, suiteId, kind, corpId, permanentCode } = row;
  const open = await kept.openCodes(providerId);
  const isChanging = open.some((code) => code.isTried && code.suiteId === suiteId);
  return { providerId, suiteId, kind, corpId, permanentCode, isChanging };
}

/** Opens the messages to the address of a provider: those of its templates and suites. */
export function suiteDoorOf({ settings, secrets }: Pick<KeptProvider, "settings" | "secrets">): SuiteDoor {
  const suites = Object.keys(settings.templates).flatMap((suiteId) => {
    const keys = callbackKeys(secrets, `/templates/${suiteId}/callback`);
    return keys === null ? [] : [{ suiteId, ...keys }];
  });
  return makeSuiteDoor({ suites, providerCorpId: settings.corpId });
}

function callbackKeys(secrets: Secrets, at: string) {
  const { [`${at}/token`]: token, [`${at}/encodingAesKey`]: encodingAesKey } = secrets;
  return token === undefined || encodingAesKey === undefined ? null : { token, encodingAesKey };
}
