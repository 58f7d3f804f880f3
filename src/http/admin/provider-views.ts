import type { z } from "@hono/zod-openapi";
import encodeQR from "qr";
import { maskSecrets } from "../../lib/secrets.ts";
import type { AuthorizationRow, OpenCode, ProviderRow, SourceRow, SuiteTicket } from "../../store/store.ts";
import { isoTime, isoTimeOrNull } from "./common.ts";
import type { authorizationView, providerView } from "./provider-schemas.ts";

/** WeCom tells of a ticket every ten minutes, and takes each for thirty (WeCom doc path/90628). */
const ticketValidMs = 30 * 60_000;

export interface ProviderAround {
  readonly tickets: ReadonlyMap<string, SuiteTicket>;
  readonly openCodes: readonly OpenCode[];
  readonly publicUrl: string;
  readonly now: number;
}

/** A provider as it is answered. */
export function toProviderView(
  row: ProviderRow,
  { tickets, openCodes, publicUrl, now }: ProviderAround,
): z.output<typeof providerView> {
  const { id, name, settings, secrets, createdAt, updatedAt } = row;
  const masked = maskSecrets({ ...settings }, secrets) as unknown as Pick<
    z.output<typeof providerView>,
    "corpId" | "providerSecret" | "templates"
  >;
  const templates = Object.entries(masked.templates).map(([suiteId, template]) => {
    const toldAt = tickets.get(suiteId)?.toldAt ?? null;
    const ticketIsStale = toldAt === null || now >= toldAt + ticketValidMs;
    return [suiteId, { ...template, ticketAt: isoTimeOrNull(toldAt), ticketIsStale }] as const;
  });
  const callbackUrl = `${publicUrl}/wecom/suite/${id}`;
  return {
    ...{ id, name, ...masked },
    templates: Object.fromEntries(templates),
    ...{ callbackUrl, dataCallbackUrl: `${callbackUrl}/data/$CORPID$` },
    openCodes: openCodes.map(({ suiteId, purpose, toldAt, isTried, error }) => ({
      template: suiteId,
      event: purpose === "create" ? ("create_auth" as const) : ("reset_permanent_code" as const),
      ...{ since: isoTime(toldAt), tried: isTried, detail: error },
    })),
    ...{ createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) },
  };
}

const notes: Readonly<Record<AuthorizationRow["kind"], string | null>> = {
  customised: null,
  "third-party":
    "A third-party suite is shown ids alone: no names of people or departments, no mobile, no e-mail. Its userids are the provider's own (ciphertext), and the bridge converts none.",
};

/** An authorisation as it is answered. Its permanent code never is. */
export function toAuthorizationView(
  row: AuthorizationRow,
  sources: readonly SourceRow[],
  now: number,
): z.output<typeof authorizationView> {
  const state = stateOf(row, now);
  return {
    id: row.id,
    provider: row.providerId,
    template: row.suiteId,
    kind: row.kind,
    state,
    reason: row.reason,
    invited: row.isInvited,
    url: state === "waiting" ? row.url : null,
    expiresAt: isoTimeOrNull(row.expiresAt),
    corp: row.corpId === null ? null : { id: row.corpId, name: row.corpName },
    source: boundSource(row.id, sources)?.id ?? null,
    sourceName: row.sourceName,
    note: notes[row.kind],
    createdAt: isoTime(row.createdAt),
    authorisedAt: isoTimeOrNull(row.authorisedAt),
  };
}

/** The same with its URL as a QR code, for one to be scanned. */
export function withQrCode(view: z.output<typeof authorizationView>): z.output<typeof authorizationView> {
  const isScanned = view.url !== null && view.kind === "customised";
  return { ...view, qrCode: isScanned && view.url !== null ? encodeQR(view.url, "svg") : null };
}

export function stateOf(
  { status, expiresAt }: AuthorizationRow,
  now: number,
): z.output<typeof authorizationView>["state"] {
  return status === "waiting" && expiresAt !== null && now >= expiresAt ? "expired" : status;
}

/** The source that is read by an authorisation. */
export function boundSource(authorization: string, sources: readonly SourceRow[]): SourceRow | undefined {
  return sources.find(({ settings }) => settings.wecom?.authorization === authorization);
}
