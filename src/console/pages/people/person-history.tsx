import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Card, Empty, Flex, Table, type TableColumnsType, Typography } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { recordsAboutQuery } from "../../api/people-queries.ts";
import { targetsQuery } from "../../api/queries.ts";
import type { SyncRecord } from "../../api/views.ts";
import { shortName } from "../../parts/attribute-name.tsx";
import { Failure } from "../../parts/failure.tsx";
import { ActionTag, RecordStatusTag } from "../../parts/state-tag.tsx";
import { At } from "../../parts/time.tsx";

/** What syncs and pushes did to somebody, across tasks. */
export function PersonHistory({ id }: { readonly id: string }) {
  const t = useTranslations("people");
  const { data: targets } = useQuery(targetsQuery);
  const records = useInfiniteQuery(recordsAboutQuery(id));
  const columns: TableColumnsType<SyncRecord> = [
    {
      title: t("when"),
      key: "at",
      render: (_, { at, task }) => (
        <Link to={`/tasks/${task}`}>
          <At at={at} />
        </Link>
      ),
    },
    {
      title: t("where"),
      key: "where",
      render: (_, { target }) =>
        target === null ? t("directory") : (targets?.items.find((each) => each.id === target)?.name ?? target),
    },
    {
      title: t("what"),
      key: "what",
      render: (_, { action, status }) => (
        <>
          <ActionTag action={action} />
          <RecordStatusTag status={status} />
        </>
      ),
    },
    {
      title: t("changes"),
      key: "changes",
      render: (_, { changes, because, error }) => (
        <Flex vertical style={{ maxWidth: 480 }}>
          <span>{[...new Set(changes.map(({ attribute }) => shortName(attribute)))].join(", ")}</span>
          {error !== null && <Typography.Text type="danger">{error}</Typography.Text>}
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>
            {because}
          </Typography.Text>
        </Flex>
      ),
    },
  ];
  return (
    <Card size="small" title={t("history")}>
      {records.error !== null && <Failure error={records.error} onRetry={() => records.refetch()} />}
      <Table<SyncRecord>
        size="small"
        rowKey="id"
        loading={records.isPending}
        dataSource={records.data?.pages.flatMap((page) => page.records) ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("noHistory")} /> }}
      />
      {records.hasNextPage && (
        <Button
          block
          loading={records.isFetchingNextPage}
          onClick={() => records.fetchNextPage()}
          style={{ marginTop: 8 }}
        >
          {t("older")}
        </Button>
      )}
    </Card>
  );
}
