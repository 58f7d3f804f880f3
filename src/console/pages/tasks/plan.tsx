import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Collapse, Flex, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { plannedRequestsQuery } from "../../api/plan-queries.ts";
import type { PlannedRequest, Task } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

/** What a plan would do, to the last request, and doing just that. */
export function Plan({ task, plan }: { readonly task: Task; readonly plan: NonNullable<Task["plan"]> }) {
  const t = useTranslations("plan");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const apply = useAction({
    run: () =>
      read(
        api.plans["sync-tasks"][":id"].apply.$post({ param: { id: task.id }, json: { digest: plan.digest } as never }),
      ),
    refreshes: [["tasks"]],
    onDone: ({ id }) => navigate(`/tasks/${id}`),
  });
  const [isOpen, setOpen] = useState(false);
  return (
    <Card
      size="small"
      title={t("title")}
      extra={
        <Confirmed
          danger
          question={t("question", { changes: plan.changes, requests: plan.requests })}
          onConfirm={() => apply.mutateAsync()}
        >
          <Button type="primary" disabled={!mayChange || !plan.whole} loading={apply.isPending}>
            {t("apply")}
          </Button>
        </Confirmed>
      }
    >
      <Flex vertical gap="small">
        <span>{t("counts", { changes: plan.changes, requests: plan.requests })}</span>
        {!plan.whole && <Alert type="warning" showIcon title={t("notWhole")} />}
        {plan.wouldHold !== null && (
          <Alert type="warning" showIcon title={t("wouldHold")} description={plan.wouldHold.reason} />
        )}
        {plan.requests > 0 && (
          <Collapse
            size="small"
            onChange={(keys) => setOpen(keys.length > 0)}
            items={[{ key: "requests", label: t("requests"), children: isOpen && <Requests task={task.id} /> }]}
          />
        )}
      </Flex>
    </Card>
  );
}

function Requests({ task }: { readonly task: string }) {
  const t = useTranslations("plan");
  const requests = useInfiniteQuery(plannedRequestsQuery(task));
  const columns: TableColumnsType<PlannedRequest> = [
    {
      title: t("request"),
      key: "request",
      render: (_, { method, path, displayName, externalId }) => (
        <Flex vertical style={{ maxWidth: 360, overflowWrap: "anywhere" }}>
          <span>
            <Tag>{method}</Tag>
            <code>{path}</code>
          </span>
          <Typography.Text type="secondary">{displayName ?? externalId}</Typography.Text>
        </Flex>
      ),
    },
  ];
  return (
    <>
      {requests.error !== null && <Failure error={requests.error} onRetry={() => requests.refetch()} />}
      <Table<PlannedRequest>
        size="small"
        rowKey="id"
        loading={requests.isPending}
        dataSource={requests.data?.pages.flatMap(({ items }) => items) ?? []}
        columns={columns}
        pagination={false}
        expandable={{
          rowExpandable: ({ body }) => body !== null,
          expandedRowRender: ({ body }) => (
            <pre style={{ margin: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
              {JSON.stringify(body, null, 2)}
            </pre>
          ),
        }}
      />
      {requests.hasNextPage && (
        <Button
          block
          loading={requests.isFetchingNextPage}
          onClick={() => requests.fetchNextPage()}
          style={{ marginTop: 8 }}
        >
          {t("more")}
        </Button>
      )}
    </>
  );
}
