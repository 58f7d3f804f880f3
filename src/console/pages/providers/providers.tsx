import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Empty, Table, type TableColumnsType, Tag } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { providersQuery } from "../../api/provider-queries.ts";
import type { Provider } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

/** Service providers, whose apps corps authorise by QR code or link. */
export function Providers() {
  const t = useTranslations("providers");
  const mayChange = useMayChange();
  const providers = useQuery(providersQuery);
  const make = (
    <Link to="/providers/new">
      <Button type="primary" icon={<PlusOutlined />} disabled={!mayChange}>
        {t("create")}
      </Button>
    </Link>
  );
  const columns: TableColumnsType<Provider> = [
    {
      title: t("name"),
      dataIndex: "name",
      render: (name: string, { id }) => <Link to={`/providers/${id}`}>{name}</Link>,
    },
    { title: t("corpId"), dataIndex: "corpId", render: (corpId: string) => <code>{corpId}</code> },
    {
      title: t("templates"),
      key: "templates",
      render: (_, { templates }) => Object.entries(templates).map(([id, { name }]) => <Tag key={id}>{name ?? id}</Tag>),
    },
    {
      title: t("tickets"),
      key: "tickets",
      render: (_, { templates }) => {
        const isStale = Object.values(templates).some(({ ticketIsStale }) => ticketIsStale);
        return <Tag color={isStale ? "warning" : "success"}>{t(isStale ? "stale" : "fresh")}</Tag>;
      },
    },
  ];
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      {providers.error !== null && <Failure error={providers.error} onRetry={() => providers.refetch()} />}
      {providers.isPending ? (
        <Loading />
      ) : (
        <Table<Provider>
          rowKey="id"
          dataSource={providers.data?.items ?? []}
          columns={columns}
          pagination={false}
          scroll={{ x: "max-content" }}
          locale={{ emptyText: <Empty description={t("none")} /> }}
        />
      )}
    </Page>
  );
}
