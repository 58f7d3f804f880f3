import { Card, Empty, Flex, Table, type TableColumnsType, Typography } from "antd";
import { useTranslations } from "use-intl";
import type { Person } from "../../api/views.ts";
import { LinkState } from "../../parts/link-state.tsx";
import { Ago } from "../../parts/time.tsx";
import { PauseSwitch } from "./pause-switch.tsx";

type Link = Person["links"][number];

/** How a person stands at each target: his account there, what failed, and when it is tried again. */
export function PersonTargets({ person }: { readonly person: Person }) {
  const t = useTranslations("people");
  const columns: TableColumnsType<Link> = [
    { title: t("target"), dataIndex: "targetName" },
    { title: t("state"), key: "state", render: (_, { state }) => <LinkState state={state} /> },
    {
      title: t("remoteId"),
      dataIndex: "remoteId",
      render: (id: string | null) => (id === null ? "–" : <code>{id}</code>),
    },
    {
      title: t("problem"),
      key: "problem",
      render: (_, { lastError, nextTryAt, reason }) => (
        <Flex vertical style={{ maxWidth: 420 }}>
          {reason !== null && <span>{reason}</span>}
          {lastError !== null && <Typography.Text type="danger">{lastError}</Typography.Text>}
          {nextTryAt !== null && (
            <Typography.Text type="secondary">
              {t("nextTry")} <Ago at={nextTryAt} />
            </Typography.Text>
          )}
        </Flex>
      ),
    },
    {
      title: t("pause"),
      key: "pause",
      render: (_, { target, targetName }) => <PauseSwitch person={person} target={target} name={targetName} />,
    },
  ];
  return (
    <Card size="small" title={t("targets")}>
      <Table<Link>
        size="small"
        rowKey="target"
        dataSource={person.links}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("noTargets")} /> }}
      />
    </Card>
  );
}
