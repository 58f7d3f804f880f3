import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Card, Empty, Flex, Select, Table, type TableColumnsType, Typography } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { linksQuery } from "../../api/target-queries.ts";
import type { LinkView, Target } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { LinkState } from "../../parts/link-state.tsx";
import { Ago } from "../../parts/time.tsx";
import { linkStates } from "./link-states.ts";

/** Who and what stands at a target: up to date, waiting, or refused, with the target's words and the next try. */
export function LinkTable({ target }: { readonly target: Target }) {
  const t = useTranslations("targets");
  const [state, setState] = useState<LinkView["state"] | undefined>(target.links.failed > 0 ? "failed" : undefined);
  const links = useInfiniteQuery(linksQuery(target.id, state));
  const columns: TableColumnsType<LinkView> = [
    {
      title: t("who"),
      key: "who",
      render: (_, { resourceId, resourceType, displayName, externalId }) => {
        const name = displayName ?? externalId ?? resourceId;
        return (
          <Flex vertical style={{ maxWidth: 260 }}>
            {resourceType === "User" ? <Link to={`/people/${resourceId}`}>{name}</Link> : <span>{name}</span>}
            <Typography.Text type="secondary" style={{ fontSize: 12, overflowWrap: "anywhere" }}>
              {externalId}
            </Typography.Text>
          </Flex>
        );
      },
    },
    { title: t("state"), dataIndex: "state", render: (one: LinkView["state"]) => <LinkState state={one} /> },
    {
      title: t("remoteId"),
      dataIndex: "remoteId",
      render: (id: string | null) => (id === null ? "–" : <code>{id}</code>),
    },
    {
      title: t("problem"),
      key: "problem",
      render: (_, { lastError, nextTryAt, attempts, reason }) => (
        <Flex vertical style={{ maxWidth: 420, overflowWrap: "anywhere" }}>
          {reason}
          {lastError !== null && <Typography.Text type="danger">{lastError}</Typography.Text>}
          {nextTryAt !== null && (
            <Typography.Text type="secondary">
              {t("tries", { count: attempts })} · {t("nextTry")} <Ago at={nextTryAt} />
            </Typography.Text>
          )}
        </Flex>
      ),
    },
  ];
  return (
    <Card
      size="small"
      title={t("standing")}
      extra={
        <Select
          allowClear
          aria-label={t("state")}
          placeholder={t("allStates")}
          value={state ?? null}
          onChange={(one: LinkView["state"] | undefined) => setState(one)}
          style={{ width: 150 }}
          options={linkStates.map((value) => ({ value, label: <LinkState state={value} /> }))}
        />
      }
    >
      {links.error !== null && <Failure error={links.error} onRetry={() => links.refetch()} />}
      <Table<LinkView>
        size="small"
        rowKey="resourceId"
        loading={links.isPending}
        dataSource={links.data?.pages.flatMap(({ items }) => items) ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("nothingStands")} /> }}
      />
      {links.hasNextPage && (
        <Button block loading={links.isFetchingNextPage} onClick={() => links.fetchNextPage()} style={{ marginTop: 8 }}>
          {t("more")}
        </Button>
      )}
    </Card>
  );
}
