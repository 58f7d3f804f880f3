import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Empty, Flex, Input, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { type AuditFilter, auditQuery } from "../../api/settings-queries.ts";
import type { AuditRecord } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Page } from "../../parts/page.tsx";
import { At } from "../../parts/time.tsx";

/** Who changed what, when and from where. What was in it is never kept, only which fields it had. */
export function Audit() {
  const t = useTranslations("audit");
  const [filter, setFilter] = useState<AuditFilter>({});
  const records = useInfiniteQuery(auditQuery(filter));
  const search = (name: "administrator" | "action") => (
    <Input.Search
      allowClear
      aria-label={t(name)}
      placeholder={t(name)}
      onSearch={(text) =>
        setFilter(({ [name]: _before, ...rest }) => (text.trim() === "" ? rest : { ...rest, [name]: text.trim() }))
      }
      style={{ maxWidth: 280 }}
    />
  );
  const columns: TableColumnsType<AuditRecord> = [
    { title: t("at"), dataIndex: "at", render: (at: string) => <At at={at} /> },
    {
      title: t("administrator"),
      key: "administrator",
      render: (_, { administrator, role }) => (
        <>
          {administrator ?? t("unknown")} {role !== null && <Tag>{t(`role.${role}`)}</Tag>}
        </>
      ),
    },
    {
      title: t("action"),
      key: "action",
      render: (_, { action, subject, fields }) => (
        <Flex vertical style={{ maxWidth: 480, overflowWrap: "anywhere" }}>
          <code>{action}</code>
          {subject !== null && <span>{subject.name ?? subject.id ?? subject.kind}</span>}
          {fields.length > 0 && (
            <Typography.Text type="secondary" style={{ fontSize: 12 }}>
              {fields.join(", ")}
            </Typography.Text>
          )}
        </Flex>
      ),
    },
    {
      title: t("status"),
      dataIndex: "status",
      render: (status: number | null) =>
        status === null ? "–" : <Tag color={status < 400 ? "success" : "error"}>{status}</Tag>,
    },
    { title: t("address"), dataIndex: "address", render: (address: string | null) => address ?? "–" },
  ];
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Flex gap="small" wrap style={{ marginBottom: 16 }}>
        {search("administrator")}
        {search("action")}
      </Flex>
      {records.error !== null && <Failure error={records.error} onRetry={() => records.refetch()} />}
      <Table<AuditRecord>
        size="small"
        rowKey="id"
        loading={records.isPending}
        dataSource={records.data?.pages.flatMap(({ items }) => items) ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("none")} /> }}
      />
      {records.hasNextPage && (
        <Button
          block
          loading={records.isFetchingNextPage}
          onClick={() => records.fetchNextPage()}
          style={{ marginTop: 8 }}
        >
          {t("more")}
        </Button>
      )}
    </Page>
  );
}
