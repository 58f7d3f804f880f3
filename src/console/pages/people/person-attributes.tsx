import { useQuery } from "@tanstack/react-query";
import { Card, Flex, Table, type TableColumnsType, Tag, Tooltip, Typography } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { historyQuery } from "../../api/queries.ts";
import type { WrittenValue } from "../../api/views.ts";
import { AttributeName } from "../../parts/attribute-name.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Ago } from "../../parts/time.tsx";
import { Value } from "../../parts/value.tsx";

/** Each attribute with its value, the rule that made it, and since when. */
export function PersonAttributes({ id }: { readonly id: string }) {
  const t = useTranslations("people");
  const { data, error, refetch, isPending } = useQuery(historyQuery(id));
  const ofDirectory = (data?.items ?? []).filter(({ target }) => target === null);
  const columns: TableColumnsType<WrittenValue> = [
    {
      title: t("attribute"),
      key: "attribute",
      width: 260,
      render: (_, { attribute, rules }) => (
        <div>
          <AttributeName path={attribute} />
          <Flex gap={4} wrap>
            {rules.map(({ file, pointer, line, kind }) => (
              <Tooltip key={pointer} title={pointer}>
                <Tag style={{ fontSize: 11, margin: 0 }}>
                  {kind} · {file}
                  {line !== null && `:${line}`}
                </Tag>
              </Tooltip>
            ))}
          </Flex>
        </div>
      ),
    },
    { title: t("value"), key: "value", width: 240, render: (_, { value }) => <Value value={value} absent="–" /> },
    {
      title: t("since"),
      key: "since",
      width: 120,
      render: (_, { write }) =>
        write === null ? (
          <Typography.Text type="secondary">{t("notKept")}</Typography.Text>
        ) : (
          <Tooltip title={write.because ?? undefined}>
            {write.task === null ? (
              <Ago at={write.at} />
            ) : (
              <Link to={`/tasks/${write.task}`}>
                <Ago at={write.at} />
              </Link>
            )}
          </Tooltip>
        ),
    },
  ];
  return (
    <Card size="small" title={t("attributes")}>
      {error !== null && <Failure error={error} onRetry={refetch} />}
      <Table<WrittenValue>
        size="small"
        rowKey={({ attribute }) => attribute}
        loading={isPending}
        dataSource={ofDirectory}
        columns={columns}
        pagination={false}
        tableLayout="fixed"
        scroll={{ x: 620 }}
      />
    </Card>
  );
}
