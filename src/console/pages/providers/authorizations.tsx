import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Empty, Flex, Table, type TableColumnsType, Tag } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { authorizationsQuery } from "../../api/provider-queries.ts";
import type { Authorization, Provider } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Ago } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { AuthorizationState } from "./authorization-state.tsx";

/** What corps authorised or are asked for, also unasked. */
export function Authorizations({ provider }: { readonly provider: Provider }) {
  const t = useTranslations("providers");
  const found = useInfiniteQuery(authorizationsQuery(provider.id));
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const uninvited = items.filter((each) => !each.invited && isFree(each)).length;
  const columns = useColumns(provider);
  return (
    <Card title={<h2 style={{ fontSize: 16, margin: 0 }}>{t("authorizations")}</h2>}>
      {found.error !== null && <Failure error={found.error} onRetry={() => found.refetch()} />}
      {uninvited > 0 && (
        <Alert type="warning" showIcon title={t("uninvited", { count: uninvited })} style={{ marginBottom: 8 }} />
      )}
      <Table<Authorization>
        rowKey="id"
        size="small"
        loading={found.isPending}
        dataSource={items}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("noAuthorizations")} /> }}
      />
      {found.hasNextPage && (
        <Button onClick={() => found.fetchNextPage()} loading={found.isFetchingNextPage} style={{ marginTop: 8 }}>
          {t("more")}
        </Button>
      )}
    </Card>
  );
}

/** A source can be made of it. */
const isFree = ({ state, source }: Authorization) => state === "authorised" && source === null;

function useColumns(provider: Provider): TableColumnsType<Authorization> {
  const t = useTranslations("providers");
  return [
    {
      title: t("corp"),
      key: "corp",
      render: (_, { corp, sourceName }) => corp?.name ?? corp?.id ?? sourceName ?? "–",
    },
    {
      title: t("template"),
      dataIndex: "template",
      render: (id: string) => provider.templates[id]?.name ?? <code>{id}</code>,
    },
    {
      title: t("state"),
      key: "state",
      render: (_, { state, invited, reason }) => (
        <div style={{ maxWidth: 320, whiteSpace: "normal" }}>
          <AuthorizationState state={state} />
          {!invited && <Tag color="warning">{t("unasked")}</Tag>}
          {reason !== null && <div>{reason}</div>}
        </div>
      ),
    },
    {
      title: t("source"),
      key: "source",
      render: (_, { source, state }) => {
        if (source !== null) return <Link to={`/sources/${source}`}>{t("open")}</Link>;
        return state === "authorised" ? <Tag color="warning">{t("unbound")}</Tag> : "–";
      },
    },
    { title: t("created"), dataIndex: "createdAt", render: (at: string) => <Ago at={at} /> },
    {
      title: t("expires"),
      key: "expires",
      render: (_, { state, expiresAt }) => (state === "waiting" && expiresAt !== null ? <Ago at={expiresAt} /> : "–"),
    },
    {
      title: t("actions"),
      key: "actions",
      render: (_, authorization) => <Actions provider={provider} authorization={authorization} />,
    },
  ];
}

interface ActionsProps {
  readonly provider: Provider;
  readonly authorization: Authorization;
}

function Actions({ provider, authorization }: ActionsProps) {
  const t = useTranslations("providers");
  const mayChange = useMayChange();
  const { id, state, source } = authorization;
  const cancel = useAction({
    run: () =>
      read(
        api.authorizations.providers[":id"].authorizations[":authorization"].$delete({
          param: { id: provider.id, authorization: id },
        }),
      ),
    refreshes: [["providers"]],
    done: () => t("gone"),
  });
  const isWaiting = state === "waiting";
  const isUsed = state === "authorised" && source !== null;
  const query = new URLSearchParams({ provider: provider.id, authorization: id });
  return (
    <Flex gap="small">
      {isFree(authorization) && (
        <Link to={`/sources/new?${query}`}>
          <Button size="small" type="primary" disabled={!mayChange}>
            {t("makeSource")}
          </Button>
        </Link>
      )}
      {!isUsed && (
        <Confirmed
          danger
          question={t(isWaiting ? "callOffQuestion" : "forgetQuestion")}
          onConfirm={() => cancel.mutateAsync()}
        >
          <Button size="small" danger disabled={!mayChange}>
            {t(isWaiting ? "callOff" : "forget")}
          </Button>
        </Confirmed>
      )}
    </Flex>
  );
}
