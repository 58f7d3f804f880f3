import { InboxOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Flex, Table, type TableColumnsType, Tag, Typography, Upload } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { useTranslations } from "use-intl";
import { upload } from "../../api/client.ts";
import { sourceQuery } from "../../api/queries.ts";
import type { Import } from "../../api/views.ts";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { Value } from "../../parts/value.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

const template = "账号,姓名,职务,邮箱,手机,部门\n";

/** People of a custom source from a CSV file: first what each line would do, then doing it. */
export function ImportPage() {
  const t = useTranslations("import");
  const { id = "" } = useParams();
  const mayChange = useMayChange();
  const { data: source } = useQuery(sourceQuery(id));
  const [file, setFile] = useState<File | null>(null);
  const [shown, setShown] = useState<Import | null>(null);
  const send = useAction({
    run: ({ mode, sent }: { readonly mode: "preview" | "apply"; readonly sent: File }) =>
      upload<Import>(`/sources/${encodeURIComponent(id)}/import?mode=${mode}`, sent, "text/csv"),
    refreshes: [["people"], ["custom", id], ["organisation", id]],
    onDone: setShown,
  });
  if (source === undefined) return <Loading />;
  const take = (taken: File) => {
    setFile(taken);
    setShown(null);
    send.mutate({ mode: "preview", sent: taken });
    return false;
  };
  const counts = shown?.counts;
  const isDone = shown?.mode === "apply";
  return (
    <Page
      title={t("title", { name: source.name })}
      lead={t("lead")}
      above={[{ title: t("people"), path: `/people?source=${encodeURIComponent(id)}` }]}
    >
      <Flex vertical gap="middle" style={{ maxWidth: 1000 }}>
        <Upload.Dragger
          accept=".csv,text/csv"
          maxCount={1}
          showUploadList={false}
          disabled={!mayChange}
          beforeUpload={take}
        >
          <p>
            <InboxOutlined style={{ fontSize: 32 }} />
          </p>
          <p>{t("drop")}</p>
          <Typography.Text type="secondary">{file?.name ?? t("format")}</Typography.Text>
        </Upload.Dragger>
        <a download="people.csv" href={`data:text/csv;charset=utf-8,${encodeURIComponent(`\ufeff${template}`)}`}>
          {t("template")}
        </a>
        {send.isPending && <Loading />}
        {shown !== null && counts !== undefined && (
          <>
            <Alert
              type={isDone ? "success" : counts.refused + counts.unreadable > 0 ? "warning" : "info"}
              showIcon
              title={t(isDone ? "done" : "preview", {
                created: counts.created,
                updated: counts.updated,
                unchanged: counts.unchanged,
              })}
              description={
                counts.refused + counts.unreadable > 0
                  ? t("leftOut", { count: counts.refused + counts.unreadable })
                  : undefined
              }
              action={
                isDone ? (
                  <Link to={`/people?source=${encodeURIComponent(id)}`}>
                    <Button>{t("look")}</Button>
                  </Link>
                ) : (
                  <Button
                    type="primary"
                    disabled={!mayChange || file === null || counts.created + counts.updated === 0}
                    loading={send.isPending}
                    onClick={() => file !== null && send.mutate({ mode: "apply", sent: file })}
                  >
                    {t("apply")}
                  </Button>
                )
              }
            />
            <Problems problems={shown.problems} />
            <Columns columns={shown.columns} newDepartments={shown.newDepartments} />
            <Lines people={shown.people} isComplete={shown.isComplete} />
          </>
        )}
      </Flex>
    </Page>
  );
}

function Problems({ problems }: { readonly problems: Import["problems"] }) {
  const t = useTranslations("import");
  if (problems.length === 0) return null;
  return (
    <Alert
      type="error"
      showIcon
      title={t("unreadable")}
      description={
        <ul style={{ margin: 0, paddingInlineStart: 20 }}>
          {problems.map(({ line, column, detail }) => (
            <li key={`${line} ${column} ${detail}`}>
              {t("line", { line })} {column !== null && <code>{column}</code>} {detail}
            </li>
          ))}
        </ul>
      }
    />
  );
}

function Columns({ columns, newDepartments }: Pick<Import, "columns" | "newDepartments">) {
  const t = useTranslations("import");
  return (
    <Card size="small" title={t("columns")}>
      <Flex gap={6} wrap>
        {columns.map(({ heading, meaning, note }) => (
          <Tag key={heading} color={meaning === null ? "warning" : "default"} title={note}>
            {heading} → {meaning ?? t("ignored")}
          </Tag>
        ))}
      </Flex>
      {newDepartments.length > 0 && (
        <Typography.Paragraph style={{ margin: "8px 0 0" }}>
          {t("newDepartments")} {newDepartments.join(", ")}
        </Typography.Paragraph>
      )}
    </Card>
  );
}

type Line = Import["people"][number];
const colours = { create: "success", update: "processing", unchanged: "default", refused: "error" } as const;

function Lines({ people, isComplete }: Pick<Import, "people" | "isComplete">) {
  const t = useTranslations("import");
  const columns: TableColumnsType<Line> = [
    { title: t("lineTitle"), dataIndex: "line", align: "end" },
    { title: "userName", dataIndex: "userName" },
    {
      title: t("what"),
      dataIndex: "action",
      render: (action: Line["action"]) => <Tag color={colours[action]}>{t(`actions.${action}`)}</Tag>,
    },
    {
      title: t("changes"),
      key: "changes",
      render: (_, { changes, problem }) => (
        <Flex vertical style={{ maxWidth: 520 }}>
          {problem !== null && <Typography.Text type="danger">{problem}</Typography.Text>}
          {changes.map(({ attribute, before, after }) => (
            <span key={attribute}>
              <code>{attribute}</code> <Value value={before} absent="–" /> → <Value value={after} absent="–" changed />
            </span>
          ))}
        </Flex>
      ),
    },
  ];
  return (
    <Card size="small" title={t("lines")}>
      <Table<Line>
        size="small"
        rowKey="line"
        dataSource={[...people]}
        columns={columns}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: "max-content" }}
      />
      {!isComplete && <Typography.Text type="secondary">{t("more")}</Typography.Text>}
    </Card>
  );
}
