import { Button, Empty, Flex, Table, type TableColumnsType, Tag, Typography } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import type { PersonBrief, Source } from "../../api/views.ts";

interface PeopleTableProps {
  readonly sources: readonly Source[];
  readonly items: readonly PersonBrief[];
  readonly isPending: boolean;
  readonly hasMore: boolean;
  readonly onMore: () => void;
}

const height = 560;
/** So near the end of what has come the next page is asked for. Pixels. */
const near = 600;

/** People: of however many, those that are in sight are in the page, and a hundred more come as one scrolls on. */
export function PeopleTable({ sources, items, isPending, hasMore, onMore }: PeopleTableProps) {
  const t = useTranslations("people");
  const columns: TableColumnsType<PersonBrief> = [
    {
      title: t("name"),
      key: "name",
      width: 260,
      render: (_, { id, displayName, userName, active }) => (
        <Flex vertical>
          <Flex gap={6} align="center">
            <Link to={`/people/${id}`}>{displayName ?? userName}</Link>
            {!active && <Tag>{t("active.false")}</Tag>}
          </Flex>
          <Typography.Text type="secondary" ellipsis style={{ fontSize: 12 }}>
            {userName}
          </Typography.Text>
        </Flex>
      ),
    },
    {
      title: t("jobTitle"),
      dataIndex: "title",
      width: 180,
      ellipsis: true,
      render: (title: string | null) => title ?? "–",
    },
    ...(sources.length > 1
      ? [
          {
            title: t("source"),
            dataIndex: "source",
            width: 160,
            ellipsis: true,
            render: (source: string) => sources.find(({ id }) => id === source)?.name ?? source,
          },
        ]
      : []),
  ];
  return (
    <>
      <Table<PersonBrief>
        virtual
        size="small"
        rowKey="id"
        loading={isPending}
        dataSource={[...items]}
        columns={columns}
        pagination={false}
        scroll={{ x: 440, y: height }}
        onScroll={({ currentTarget }) => {
          const { scrollTop, scrollHeight, clientHeight } = currentTarget;
          if (hasMore && scrollHeight - scrollTop - clientHeight < near) onMore();
        }}
        locale={{ emptyText: <Empty description={t("nobody")} /> }}
      />
      {hasMore && (
        <Button block onClick={onMore} style={{ marginTop: 8 }}>
          {t("more")}
        </Button>
      )}
    </>
  );
}
