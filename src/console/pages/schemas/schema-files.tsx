import { useQuery } from "@tanstack/react-query";
import { Alert, Card, Empty, Flex, Table, type TableColumnsType, Tag } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { sourcesQuery } from "../../api/queries.ts";
import { filesQuery, type Kind } from "../../api/schema-queries.ts";
import type { SchemaFile } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Page } from "../../parts/page.tsx";
import { Ago } from "../../parts/time.tsx";

/** The files that say what becomes of WeCom's fields, and which attributes there are besides SCIM's own. */
export function SchemaFiles() {
  const t = useTranslations("schemas");
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Flex vertical gap="middle">
        <Files kind="mappings" />
        <Files kind="extensions" />
      </Flex>
    </Page>
  );
}

const colours: Readonly<Record<SchemaFile["state"], "success" | "error" | "warning" | "default">> = {
  ...{ current: "success", broken: "error", missing: "error" },
  ...{ behind: "warning", draft: "default", removed: "default" },
};

function Files({ kind }: { readonly kind: Kind }) {
  const t = useTranslations("schemas");
  const files = useQuery(filesQuery(kind));
  const { data: sources } = useQuery(sourcesQuery);
  const items = files.data?.items ?? [];
  const columns: TableColumnsType<SchemaFile> = [
    {
      title: t("name"),
      dataIndex: "name",
      render: (name: string, { file }) => (
        <Flex vertical>
          <Link to={`/${kind}/${encodeURIComponent(name)}`}>{name}</Link>
          <code style={{ fontSize: 12 }}>schemas/{file}</code>
        </Flex>
      ),
    },
    {
      title: t("state"),
      dataIndex: "state",
      render: (state: SchemaFile["state"]) => <Tag color={colours[state]}>{t(`states.${state}`)}</Tag>,
    },
    {
      title: t("inForce"),
      dataIndex: "active",
      render: (active: SchemaFile["active"]) =>
        active === null ? (
          "–"
        ) : (
          <>
            {active.version} · <Ago at={active.activatedAt} />
          </>
        ),
    },
    {
      title: t("draft"),
      dataIndex: "draft",
      render: (draft: SchemaFile["draft"]) => (draft === null ? "–" : draft.version),
    },
    ...(kind === "mappings"
      ? [
          {
            title: t("usedBy"),
            dataIndex: "usedBy",
            render: (ids: readonly string[]) =>
              ids.map((id) => <Tag key={id}>{sources?.items.find((source) => source.id === id)?.name ?? id}</Tag>),
          },
        ]
      : []),
  ];
  return (
    <Card size="small" title={t(`kinds.${kind}`)}>
      {files.error !== null && <Failure error={files.error} onRetry={() => files.refetch()} />}
      {items.flatMap(({ problems }) =>
        problems.map(({ file, pointer, line, detail }) => (
          <Alert
            key={`${file} ${pointer} ${detail}`}
            type="error"
            showIcon
            title={`${file}${line === null ? "" : `:${line}`} ${pointer}: ${detail}`}
            style={{ marginBottom: 8 }}
          />
        )),
      )}
      <Table<SchemaFile>
        size="small"
        rowKey="name"
        loading={files.isPending}
        dataSource={[...items]}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("none")} /> }}
      />
    </Card>
  );
}
