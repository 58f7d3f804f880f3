import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Descriptions, Flex, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { providerQuery } from "../../api/provider-queries.ts";
import type { Provider } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { Ago } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { Authorizations } from "./authorizations.tsx";
import { ProviderTest } from "./provider-test.tsx";

/** One service provider: what is entered at WeCom, whether its tickets come, and who authorised its apps. */
export function ProviderPage() {
  const t = useTranslations("providers");
  const { id = "" } = useParams();
  const { data: provider, error, refetch } = useQuery(providerQuery(id));
  if (error !== null && provider === undefined) return <Failure error={error} onRetry={refetch} />;
  if (provider === undefined) return <Loading />;
  return (
    <Page
      title={provider.name}
      above={[{ title: t("title"), path: "/providers" }]}
      actions={<Actions provider={provider} />}
    >
      <Descriptions
        bordered
        size="small"
        column={1}
        style={{ marginBottom: 16 }}
        items={[
          { key: "corp", label: t("corpId"), children: <code>{provider.corpId}</code> },
          ...(["callbackUrl", "dataCallbackUrl"] as const).map((key) => ({
            ...{ key, label: t(key) },
            children: (
              <Typography.Text code copyable={{ text: provider[key] }} style={{ overflowWrap: "anywhere" }}>
                {provider[key]}
              </Typography.Text>
            ),
          })),
        ]}
      />
      <Templates provider={provider} />
      <OpenCodes codes={provider.openCodes} />
      <Authorizations provider={provider} />
    </Page>
  );
}

function Actions({ provider }: { readonly provider: Provider }) {
  const t = useTranslations("providers");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const [isTested, setTested] = useState(false);
  const { id, name } = provider;
  const remove = useAction({
    run: () => read(api.providers.providers[":id"].$delete({ param: { id } })),
    refreshes: [["providers"]],
    done: () => t("deleted", { name }),
    onDone: () => navigate("/providers"),
  });
  return (
    <>
      <Button disabled={!mayChange} onClick={() => setTested(true)}>
        {t("test")}
      </Button>
      <Link to={`/providers/${id}/edit`}>
        <Button disabled={!mayChange}>{t("edit")}</Button>
      </Link>
      <Confirmed danger question={t("deleteQuestion")} onConfirm={() => remove.mutateAsync()}>
        <Button danger disabled={!mayChange}>
          {t("delete")}
        </Button>
      </Confirmed>
      {isTested && <ProviderTest provider={provider} onClose={() => setTested(false)} />}
    </>
  );
}

type Template = Provider["templates"][string] & { readonly id: string };

function Templates({ provider }: { readonly provider: Provider }) {
  const t = useTranslations("providers");
  const templates = Object.entries(provider.templates).map(([id, template]) => ({ ...template, id }));
  const columns: TableColumnsType<Template> = [
    {
      title: t("template"),
      dataIndex: "id",
      render: (id: string, { name }) => (
        <Flex vertical>
          {name !== undefined && <span>{name}</span>}
          <code>{id}</code>
        </Flex>
      ),
    },
    { title: t("kind"), dataIndex: "kind", render: (kind: Template["kind"]) => t(`kinds.${kind}`) },
    {
      title: t("ticketAt"),
      key: "ticket",
      render: (_, { ticketAt, ticketIsStale }) => (
        <Flex gap="small">
          <Ago at={ticketAt} />
          <Tag color={ticketIsStale ? "warning" : "success"}>{t(ticketIsStale ? "stale" : "fresh")}</Tag>
        </Flex>
      ),
    },
  ];
  return (
    <Card title={<h2 style={{ fontSize: 16, margin: 0 }}>{t("templates")}</h2>} style={{ marginBottom: 16 }}>
      {templates.some(({ ticketIsStale }) => ticketIsStale) && (
        <Alert type="warning" showIcon title={t("staleHelp")} style={{ marginBottom: 8 }} />
      )}
      <Table<Template>
        rowKey="id"
        size="small"
        dataSource={templates}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
    </Card>
  );
}

/** What corps authorised and WeCom does not give out. */
function OpenCodes({ codes }: { readonly codes: Provider["openCodes"] }) {
  const t = useTranslations("providers");
  if (codes.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={t("openCodes")}
      style={{ marginBottom: 16 }}
      description={
        <ul style={{ margin: 0, paddingInlineStart: 20 }}>
          {codes.map(({ template, event, since, tried, detail }) => (
            <li key={`${template} ${event} ${since}`}>
              <code>{template}</code> {event}, <Ago at={since} /> ({t(tried ? "stillTried" : "givenUp")}) {detail}
            </li>
          ))}
        </ul>
      }
    />
  );
}
