import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Empty, Flex, Segmented, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { identityCasesQuery } from "../../api/identity-queries.ts";
import { sourcesQuery } from "../../api/queries.ts";
import type { IdentityCase } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { Ago } from "../../parts/time.tsx";
import { CaseDecision } from "./case-decision.tsx";
import { CaseSides } from "./case-sides.tsx";

const shown = ["open", "all"] as const;

/** People who may be the same under another name or after an absence: what is asked, and what was answered. */
export function IdentityCases() {
  const t = useTranslations("identity");
  const [which, setWhich] = useState<(typeof shown)[number]>("open");
  const cases = useInfiniteQuery(identityCasesQuery(which === "open" ? "open" : undefined));
  const items = cases.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = useColumns();
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Segmented
        value={which}
        options={shown.map((value) => ({ value, label: t(`shown.${value}`) }))}
        onChange={setWhich}
        aria-label={t("shown.label")}
        style={{ marginBottom: 16 }}
      />
      {cases.error !== null && <Failure error={cases.error} onRetry={() => cases.refetch()} />}
      {cases.isPending ? (
        <Loading />
      ) : (
        <Table<IdentityCase>
          rowKey="id"
          dataSource={items}
          columns={columns}
          pagination={false}
          scroll={{ x: "max-content" }}
          expandable={{ expandedRowRender: (about) => <CaseSides about={about} /> }}
          locale={{ emptyText: <Empty description={t(`none.${which}`)} /> }}
        />
      )}
      {cases.hasNextPage && (
        <Button onClick={() => cases.fetchNextPage()} loading={cases.isFetchingNextPage} style={{ marginTop: 16 }}>
          {t("more")}
        </Button>
      )}
    </Page>
  );
}

function useColumns(): TableColumnsType<IdentityCase> {
  const t = useTranslations("identity");
  const { data: sources } = useQuery(sourcesQuery);
  return [
    {
      title: t("person"),
      key: "person",
      render: (_, { displayName, from, to, kind, source }) => (
        <div style={{ maxWidth: 320 }}>
          <Typography.Text strong>{displayName ?? from}</Typography.Text> <Tag>{t(`kind.${kind}`)}</Tag>
          <div style={{ overflowWrap: "anywhere" }}>{kind === "return" ? to : t("fromTo", { from, to })}</div>
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>
            {sources?.items.find(({ id }) => id === source)?.name ?? source}
          </Typography.Text>
        </div>
      ),
    },
    {
      title: t("evidence"),
      key: "evidence",
      render: (_, { kind, evidence, told }) => (
        <Flex vertical gap={4} align="start">
          <span>{t(told ? "toldBy" : kind === "return" ? "evidenceDiffers" : "evidenceAgrees")}</span>
          <span>
            {evidence.map((field) => (
              <Tag key={field}>{field}</Tag>
            ))}
          </span>
        </Flex>
      ),
    },
    {
      title: t("asked"),
      key: "asked",
      render: (_, { askedAt, expiresAt, state }) => (
        <Flex vertical>
          <Ago at={askedAt} />
          {state === "open" && expiresAt !== null && (
            <Typography.Text type="secondary" style={{ fontSize: 12 }}>
              {t("expires")} <Ago at={expiresAt} />
            </Typography.Text>
          )}
        </Flex>
      ),
    },
    {
      title: t("answer"),
      key: "answer",
      render: (_, about) =>
        about.state === "open" ? (
          <CaseDecision about={about} />
        ) : (
          <Flex vertical align="start" gap={4}>
            <Tag>{t(`state.${about.state}`)}</Tag>
            {about.decidedBy !== null && (
              <Typography.Text type="secondary" style={{ fontSize: 12 }}>
                {about.decidedBy} <Ago at={about.decidedAt} />
              </Typography.Text>
            )}
          </Flex>
        ),
    },
  ];
}
