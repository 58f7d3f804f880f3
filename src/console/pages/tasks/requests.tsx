import { Collapse, Table, type TableColumnsType, Typography } from "antd";
import { useFormatter, useTranslations } from "use-intl";
import type { Task } from "../../api/views.ts";

type Requests = NonNullable<Task["requests"]>;
type OfApi = Requests["byApi"][number];

/** What a task asked of its source, by API, and what the source would still take in this hour. */
export function TaskRequests({ requests }: { readonly requests: Requests }) {
  const t = useTranslations("tasks");
  const format = useFormatter();
  const seconds = (ms: number) => format.number(ms / 1000, { style: "unit", unit: "second", maximumFractionDigits: 1 });
  const columns: TableColumnsType<OfApi> = [
    { title: t("api"), dataIndex: "api", render: (api: string) => <code>{api}</code> },
    { title: t("made"), dataIndex: "made", align: "end", render: (made: number) => format.number(made) },
    { title: t("retried"), dataIndex: "retried", align: "end", render: (retried: number) => format.number(retried) },
    { title: t("waited"), dataIndex: "waitedMs", align: "end", render: seconds },
    { title: t("left"), dataIndex: "leftThisHour", align: "end", render: (left: number) => format.number(left) },
  ];
  const { reading } = requests;
  return (
    <Collapse
      size="small"
      items={[
        {
          key: "requests",
          label: t("requests"),
          extra: (
            <Typography.Text type="secondary">
              {t("budget", { made: requests.made, retried: requests.retried })}
            </Typography.Text>
          ),
          children: (
            <>
              {reading !== null && (
                <Typography.Paragraph type="secondary">
                  {t("reading", {
                    way: t(reading.way === "export" ? "way.export" : "way.departments"),
                    because: reading.because,
                  })}
                </Typography.Paragraph>
              )}
              <Table<OfApi>
                size="small"
                rowKey="api"
                dataSource={[...requests.byApi]}
                columns={columns}
                pagination={false}
                scroll={{ x: "max-content" }}
              />
            </>
          ),
        },
      ]}
    />
  );
}
