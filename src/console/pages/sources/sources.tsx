import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Empty, Flex, Grid, Switch, Table, type TableColumnsType, Tag, Tooltip, Typography } from "antd";
import { Link } from "react-router";
import { useFormatter, useTranslations } from "use-intl";
import { endingsQuery, sourcesQuery } from "../../api/queries.ts";
import type { Source } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { StatusTag, TaskState } from "../../parts/state-tag.tsx";
import { Ago } from "../../parts/time.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { SourceActions } from "./source-actions.tsx";
import { useAutomatic } from "./use-automatic.ts";

/** All identity sources, with what each did last and will do next. */
export function Sources() {
  const t = useTranslations("sources");
  const mayChange = useMayChange();
  const sources = useQuery(sourcesQuery);
  const columns = useColumns();
  const make = (
    <Link to="/sources/new">
      <Button type="primary" icon={<PlusOutlined />} disabled={!mayChange}>
        {t("create")}
      </Button>
    </Link>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      {sources.error !== null && <Failure error={sources.error} onRetry={() => sources.refetch()} />}
      <Endings />
      {sources.isPending ? (
        <Loading />
      ) : (
        <Table<Source>
          rowKey="id"
          dataSource={sources.data?.items ?? []}
          columns={columns}
          pagination={false}
          scroll={{ x: "max-content" }}
          locale={{ emptyText: <Empty description={t("none")}>{mayChange && make}</Empty> }}
        />
      )}
    </Page>
  );
}

function useColumns(): TableColumnsType<Source> {
  const t = useTranslations("sources");
  // On a phone the actions that stay in place would cover the names.
  const { md: isWide = true } = Grid.useBreakpoint();
  const format = useFormatter();
  return [
    {
      title: t("name"),
      dataIndex: "name",
      render: (name: string, { id, type, description }) => (
        <div style={{ maxWidth: 280 }}>
          <Link to={`/sources/${id}`}>{name}</Link> <Tag>{t(`type.${type}`)}</Tag>
          {description !== undefined && (
            <Typography.Text type="secondary" ellipsis style={{ display: "block", fontSize: 12 }}>
              {description}
            </Typography.Text>
          )}
        </div>
      ),
    },
    { title: t("status"), dataIndex: "status", render: (status: Source["status"]) => <StatusTag status={status} /> },
    { title: t("automatic"), key: "automatic", render: (_, source) => <AutomaticSwitch source={source} /> },
    {
      title: t("last"),
      key: "last",
      render: (_, { lastTask }) =>
        lastTask === null ? (
          t("neverSynced")
        ) : (
          <Flex gap={4} align="center">
            <Link to={`/tasks/${lastTask.id}`}>
              <TaskState state={lastTask.state} />
            </Link>
            {lastTask.finishedAt !== null && <Ago at={lastTask.finishedAt} />}
          </Flex>
        ),
    },
    {
      title: t("next"),
      key: "next",
      render: (_, { nextRunAt }) => (nextRunAt === null ? "–" : <Ago at={nextRunAt} />),
    },
    {
      title: t("people"),
      key: "people",
      align: "end",
      render: (_, { summary }) => (
        <Tooltip title={t("activeOf", { active: summary.activeUsers, all: summary.users })}>
          {format.number(summary.activeUsers)}
        </Tooltip>
      ),
    },
    { title: t("groups"), key: "groups", align: "end", render: (_, { summary }) => format.number(summary.groups) },
    {
      title: t("actions"),
      key: "actions",
      ...(isWide && { fixed: "right" as const }),
      render: (_, source) => <SourceActions source={source} />,
    },
  ];
}

function AutomaticSwitch({ source }: { readonly source: Source }) {
  const t = useTranslations("sources");
  const mayChange = useMayChange();
  const automatic = useAutomatic(source);
  if (source.sync === undefined) return <>–</>;
  const { automatic: on, intervalHours } = source.sync;
  return (
    <Flex align="center" gap="small">
      <Switch
        size="small"
        checked={on}
        loading={automatic.isPending}
        disabled={!mayChange}
        aria-label={t("automaticOf", { name: source.name })}
        onChange={(next) => automatic.mutate(next)}
      />
      <Typography.Text type="secondary" style={{ whiteSpace: "nowrap" }}>
        {on ? t("everyHours", { hours: intervalHours }) : t("manualOnly")}
      </Typography.Text>
    </Flex>
  );
}

/** Sources that are on their way out, and what they wait for. */
function Endings() {
  const t = useTranslations("sources");
  const { data } = useQuery(endingsQuery);
  return data?.items.map(({ source, name, afterwards, waitsFor }) => (
    <Alert
      key={source}
      type="warning"
      showIcon
      style={{ marginBottom: 16 }}
      title={t(afterwards === "delete" ? "isDeleted" : "isDisabled", { name })}
      description={waitsFor ?? undefined}
      action={
        <Link to={`/tasks?source=${encodeURIComponent(source)}`}>
          <Button size="small">{t("itsTasks")}</Button>
        </Link>
      }
    />
  ));
}
