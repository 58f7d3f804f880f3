import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Empty, Table, type TableColumnsType, Tag, Tooltip, Typography } from "antd";
import { Link } from "react-router";
import { useFormatter, useTranslations } from "use-intl";
import { targetsQuery } from "../../api/queries.ts";
import type { Target } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { StatusTag } from "../../parts/state-tag.tsx";
import { Ago } from "../../parts/time.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { TargetActions } from "./target-actions.tsx";

/** Where people are pushed to, and how each of them stands. */
export function Targets() {
  const t = useTranslations("targets");
  const targets = useQuery(targetsQuery);
  const columns = useColumns();
  const mayChange = useMayChange();
  const make = (
    <Link to="/targets/new">
      <Button type="primary" icon={<PlusOutlined />} disabled={!mayChange}>
        {t("create")}
      </Button>
    </Link>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      {targets.error !== null && <Failure error={targets.error} onRetry={() => targets.refetch()} />}
      {targets.isPending ? (
        <Loading />
      ) : (
        <Table<Target>
          rowKey="id"
          dataSource={targets.data?.items ?? []}
          columns={columns}
          pagination={false}
          scroll={{ x: "max-content" }}
          locale={{ emptyText: <Empty description={t("none")}>{mayChange && make}</Empty> }}
        />
      )}
    </Page>
  );
}

function useColumns(): TableColumnsType<Target> {
  const t = useTranslations("targets");
  const format = useFormatter();
  return [
    {
      title: t("name"),
      dataIndex: "name",
      render: (name: string, { id, baseUrl }) => (
        <div style={{ maxWidth: 320 }}>
          <Link to={`/targets/${id}`}>{name}</Link>
          <Typography.Text type="secondary" ellipsis style={{ display: "block", fontSize: 12 }}>
            {baseUrl}
          </Typography.Text>
        </div>
      ),
    },
    { title: t("profile"), dataIndex: "profile", render: (profile: string) => <Tag>{profile}</Tag> },
    {
      title: t("status"),
      key: "status",
      render: (_, { status, paused, quarantine, verifyFirst }) => (
        <>
          <StatusTag status={status} />
          {paused !== null && (
            <Tooltip title={paused.reason ?? undefined}>
              <Tag color="warning">{t("paused")}</Tag>
            </Tooltip>
          )}
          {quarantine !== null && (
            <Tooltip title={quarantine.detail}>
              <Tag color="error">
                {t("quarantine")} <Ago at={quarantine.nextTryAt} />
              </Tag>
            </Tooltip>
          )}
          {verifyFirst !== null && <Tag color="warning">{t("verifyFirst")}</Tag>}
        </>
      ),
    },
    ...(["synced", "pending", "failed", "protected", "paused"] as const).map((key) => ({
      ...{ key, title: t(`links.${key}`), align: "end" as const },
      render: (_: unknown, { links }: Target) => format.number(links[key]),
    })),
    { title: t("actions"), key: "actions", render: (_, target) => <TargetActions target={target} /> },
  ];
}
