import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Flex, Form, Select, Typography } from "antd";
import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { authorizationQuery } from "../../api/provider-queries.ts";
import type { Authorization, Provider } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { Countdown } from "./countdown.tsx";

/** An authorisation that is waited for, or there. */
export interface Chosen {
  readonly provider: string;
  readonly id: string;
}

interface AuthoriseProps {
  readonly providers: readonly Provider[];
  readonly chosen: Chosen | null;
  readonly onChoose: (chosen: Chosen | null) => void;
  readonly onAuthorised: (authorization: Authorization) => void;
  readonly sourceName?: string | undefined;
  /** The one corp that may authorise. */
  readonly corpId?: string | undefined;
}

/** Asks a corp to authorise an app of a provider: makes the QR code or the link, and says what becomes of it. */
export function Authorise({ providers, chosen, onChoose, onAuthorised, sourceName, corpId }: AuthoriseProps) {
  const t = useTranslations("authorise");
  const [provider = providers[0], setProvider] = useState<Provider | undefined>();
  const suites = Object.entries(provider?.templates ?? {});
  const [picked, setPicked] = useState<string | null>(null);
  const template = suites.find(([id]) => id === picked) ?? suites[0];
  const ask = useAction({
    run: ({ id, suite }: { readonly id: string; readonly suite: string }) => {
      const named = { ...(sourceName !== undefined && { sourceName }), ...(corpId !== undefined && { corpId }) };
      return read(
        api.authorizations.providers[":id"].authorizations.$post({
          param: { id },
          json: { template: suite, ...named },
        }),
      );
    },
    refreshes: [["providers"]],
    onDone: ({ provider: of, id }) => onChoose({ provider: of, id }),
  });
  if (chosen !== null) {
    return (
      <Asked
        chosen={chosen}
        isAsking={ask.isPending}
        onAgain={(suite) => ask.mutate({ id: chosen.provider, suite })}
        onOther={() => onChoose(null)}
        onAuthorised={onAuthorised}
      />
    );
  }
  return (
    <>
      <Form.Item label={t("provider")} htmlFor="authorise-provider">
        <Select
          id="authorise-provider"
          value={provider?.id ?? null}
          onChange={(id: string) => setProvider(providers.find((each) => each.id === id))}
          options={providers.map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Form.Item>
      <Form.Item label={t("template")} htmlFor="authorise-template">
        <Select
          id="authorise-template"
          value={template?.[0] ?? null}
          onChange={setPicked}
          options={suites.map(([id, { name }]) => ({ value: id, label: name === undefined ? id : `${name} (${id})` }))}
        />
      </Form.Item>
      <Button
        type="primary"
        ghost
        loading={ask.isPending}
        disabled={template === undefined}
        onClick={() => provider && template && ask.mutate({ id: provider.id, suite: template[0] })}
        style={{ marginBottom: 16 }}
      >
        {t(template?.[1].kind === "third-party" ? "askLink" : "ask")}
      </Button>
    </>
  );
}

interface AskedProps {
  readonly chosen: Chosen;
  readonly isAsking: boolean;
  readonly onAgain: (template: string) => void;
  readonly onOther: () => void;
  readonly onAuthorised: (authorization: Authorization) => void;
}

const typeOf = {
  authorised: "success",
  waiting: "info",
  expired: "warning",
  failed: "error",
  cancelled: "warning",
} as const;

function Asked({ chosen, isAsking, onAgain, onOther, onAuthorised }: AskedProps) {
  const t = useTranslations("authorise");
  const { data, error, refetch } = useQuery(authorizationQuery(chosen.provider, chosen.id));
  const isThere = data?.state === "authorised";
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once, when it is there
  useEffect(() => {
    if (data !== undefined && isThere) onAuthorised(data);
  }, [isThere, data?.id]);
  if (error !== null && data === undefined) return <Failure error={error} onRetry={refetch} />;
  if (data === undefined) return <Loading />;
  const { state, reason, corp, note } = data;
  const said = [reason, note].filter((each) => each !== null);
  return (
    <Flex vertical gap="small" style={{ marginBottom: 16 }}>
      <div aria-live="polite">
        <Alert
          type={typeOf[state]}
          showIcon
          title={isThere && corp !== null ? t("authorisedBy", { corp: corp.name ?? corp.id }) : t(`states.${state}`)}
          description={said.length === 0 ? undefined : said.join(" ")}
        />
      </div>
      {state === "waiting" && <Invitation authorization={data} />}
      <Flex gap="small" wrap>
        {state !== "authorised" && state !== "waiting" && (
          <Button type="primary" ghost loading={isAsking} onClick={() => onAgain(data.template)}>
            {t("again")}
          </Button>
        )}
        <Button onClick={onOther}>{t("other")}</Button>
      </Flex>
    </Flex>
  );
}

function Invitation({ authorization }: { readonly authorization: Authorization }) {
  const t = useTranslations("authorise");
  const { qrCode, url, template, expiresAt } = authorization;
  const isScanned = qrCode !== null && qrCode !== undefined;
  return (
    <>
      <Typography.Text>{t(isScanned ? "scan" : "open")}</Typography.Text>
      {isScanned && (
        // On white also where everything else is dark: cameras look for dark squares on light.
        <img
          src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(qrCode)}`}
          alt={t("qrAlt", { template })}
          style={{ width: 240, maxWidth: "100%", aspectRatio: 1, background: "#fff", padding: 12, borderRadius: 8 }}
        />
      )}
      {url !== null && (
        <div>
          <Typography.Text strong>{t("link")}</Typography.Text>
          <Typography.Paragraph copyable={{ text: url }} style={{ margin: 0, overflowWrap: "anywhere" }}>
            <a href={url} target="_blank" rel="noreferrer">
              {url}
            </a>
          </Typography.Paragraph>
        </div>
      )}
      {expiresAt !== null && <Countdown until={expiresAt} />}
    </>
  );
}
