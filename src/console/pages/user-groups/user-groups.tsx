import { PlusOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Empty, Input, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useFormatter, useTranslations } from "use-intl";
import { groupsQuery } from "../../api/group-queries.ts";
import type { UserGroup } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Page } from "../../parts/page.tsx";
import { Ago } from "../../parts/time.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

/** Groups that are kept here: across departments and sources, with listed members or by a filter. */
export function UserGroups() {
  const t = useTranslations("userGroups");
  const format = useFormatter();
  const mayChange = useMayChange();
  const [q, setQ] = useState("");
  const groups = useInfiniteQuery(groupsQuery(q));
  const make = (
    <Link to="/user-groups/new">
      <Button type="primary" icon={<PlusOutlined />} disabled={!mayChange}>
        {t("create")}
      </Button>
    </Link>
  );
  const columns: TableColumnsType<UserGroup> = [
    {
      title: t("name"),
      key: "name",
      render: (_, { id, displayName }) => <Link to={`/user-groups/${id}`}>{displayName}</Link>,
    },
    {
      title: t("members"),
      dataIndex: "members",
      align: "end",
      render: (members: number) => format.number(members),
    },
    {
      title: t("how"),
      key: "how",
      render: (_, { memberFilter }) =>
        memberFilter === null ? (
          <Tag>{t("listed")}</Tag>
        ) : (
          <div style={{ maxWidth: 460, overflowWrap: "anywhere" }}>
            <Tag color="blue">{t("dynamic")}</Tag>
            <Typography.Text code>{memberFilter}</Typography.Text>
          </div>
        ),
    },
    { title: t("changed"), dataIndex: "lastModifiedAt", render: (at: string) => <Ago at={at} /> },
  ];
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      <Input.Search
        allowClear
        aria-label={t("search")}
        placeholder={t("search")}
        onSearch={(text) => setQ(text.trim())}
        style={{ maxWidth: 320, marginBottom: 16 }}
      />
      {groups.error !== null && <Failure error={groups.error} onRetry={() => groups.refetch()} />}
      <Table<UserGroup>
        rowKey="id"
        loading={groups.isPending}
        dataSource={groups.data?.pages.flatMap(({ items }) => items) ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("none")}>{mayChange && make}</Empty> }}
      />
      {groups.hasNextPage && (
        <Button
          block
          loading={groups.isFetchingNextPage}
          onClick={() => groups.fetchNextPage()}
          style={{ marginTop: 8 }}
        >
          {t("more")}
        </Button>
      )}
    </Page>
  );
}
