import { useQuery } from "@tanstack/react-query";
import { Table, type TableColumnsType, Tag, Typography } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { askedRecordQuery } from "../../api/identity-queries.ts";
import { historyQuery } from "../../api/queries.ts";
import type { IdentityCase } from "../../api/views.ts";
import { AttributeName } from "../../parts/attribute-name.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Value } from "../../parts/value.tsx";
import { type Side, sidesOf } from "./sides.ts";

/** Whom a question is about, attribute by attribute: as he is known here, beside whoever has come. */
export function CaseSides({ about }: { readonly about: IdentityCase }) {
  const t = useTranslations("identity");
  const history = useQuery(historyQuery(about.resourceId));
  const record = useQuery(askedRecordQuery(about));
  const error = history.error ?? record.error;
  if (error !== null) return <Failure error={error} onRetry={() => history.refetch()} />;
  if (history.data === undefined || record.data === undefined) return <Loading />;
  const ofDirectory = history.data.items.filter(({ target }) => target === null);
  const held = new Map<string, unknown>(ofDirectory.map(({ attribute, value }) => [attribute, value]));
  const columns: TableColumnsType<Side> = [
    {
      title: t("attribute"),
      dataIndex: "attribute",
      render: (attribute: string) => <AttributeName path={attribute} />,
    },
    { title: t("known"), dataIndex: "known", render: (value: unknown) => <Value value={value} absent="–" /> },
    { title: t("come"), dataIndex: "come", render: (value: unknown) => <Value value={value} absent="–" /> },
    {
      title: t("compared"),
      dataIndex: "agrees",
      render: (agrees: boolean) => <Tag color={agrees ? "success" : "warning"}>{t(agrees ? "agrees" : "differs")}</Tag>,
    },
  ];
  return (
    <>
      {record.data === null && <Typography.Paragraph type="secondary">{t("recordGone")}</Typography.Paragraph>}
      <Table<Side>
        size="small"
        rowKey="attribute"
        dataSource={[...sidesOf(held, record.data)]}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
      <p>
        <Link to={`/tasks/${about.task}`}>{t("task")}</Link>
      </p>
    </>
  );
}
