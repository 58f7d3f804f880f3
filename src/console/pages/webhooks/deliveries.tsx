import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Empty, Flex, Select, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { TestResult } from "../../api/views.ts";
import { type Delivery, deliveriesQuery, type Webhook } from "../../api/webhook-queries.ts";
import { Failure } from "../../parts/failure.tsx";
import { Scrollable } from "../../parts/scrollable.tsx";
import { Ago } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { eventKey } from "./events.ts";

const states = ["pending", "delivered", "failed"] as const;
const colours = { pending: "processing", delivered: "success", failed: "error" } as const;

/** What was sent to a webhook and what came of it, with a message to try it. */
export function Deliveries({ webhook, onClose }: { readonly webhook: Webhook; readonly onClose: () => void }) {
  const t = useTranslations("webhooks");
  const mayChange = useMayChange();
  const [state, setState] = useState<Delivery["state"]>();
  const [tested, setTested] = useState<TestResult | null>(null);
  const deliveries = useInfiniteQuery(deliveriesQuery(webhook.id, state));
  const columns = useColumns();
  const test = useAction({
    run: () => read(api.webhooks.webhooks[":id"].test.$post({ param: { id: webhook.id } })),
    refreshes: [["webhooks", webhook.id]],
    onDone: setTested,
  });
  const detail = tested?.checks.map((check) => check.detail).join("; ") ?? "";
  return (
    <Drawer open onClose={onClose} size={760} title={t("deliveriesOf", { name: webhook.name })}>
      <Flex vertical gap="middle">
        <Flex gap="small" wrap>
          <Select
            allowClear
            aria-label={t("state")}
            placeholder={t("allStates")}
            style={{ width: 160 }}
            onChange={(value?: Delivery["state"]) => setState(value)}
            options={states.map((value) => ({ value, label: t(`states.${value}`) }))}
          />
          <Button disabled={!mayChange} loading={test.isPending} onClick={() => test.mutate()}>
            {t("test")}
          </Button>
        </Flex>
        {tested !== null && (
          <Alert
            type={tested.ok ? "success" : "error"}
            showIcon
            title={t(tested.ok ? "testPassed" : "testFailed", { detail })}
          />
        )}
        {deliveries.error !== null && <Failure error={deliveries.error} onRetry={() => deliveries.refetch()} />}
        <Scrollable label={t("deliveries")}>
          <Table<Delivery>
            size="small"
            rowKey="id"
            loading={deliveries.isPending}
            dataSource={deliveries.data?.pages.flatMap(({ items }) => items) ?? []}
            columns={columns}
            pagination={false}
            locale={{ emptyText: <Empty description={t("noDeliveries")} /> }}
          />
        </Scrollable>
        {deliveries.hasNextPage && (
          <Button block loading={deliveries.isFetchingNextPage} onClick={() => deliveries.fetchNextPage()}>
            {t("more")}
          </Button>
        )}
      </Flex>
    </Drawer>
  );
}

function useColumns(): TableColumnsType<Delivery> {
  const t = useTranslations("webhooks");
  return [
    { title: t("at"), dataIndex: "createdAt", render: (at: string) => <Ago at={at} /> },
    { title: t("events"), dataIndex: "event", render: (event: Delivery["event"]) => t(eventKey(event)) },
    {
      title: t("state"),
      dataIndex: "state",
      render: (state: Delivery["state"]) => <Tag color={colours[state]}>{t(`states.${state}`)}</Tag>,
    },
    { title: t("attempts"), dataIndex: "attempts", align: "end" },
    {
      title: t("answer"),
      key: "answer",
      render: (_, { lastStatus, lastError, nextTryAt }) => (
        <div style={{ maxWidth: 320, overflowWrap: "anywhere" }}>
          {lastError ?? lastStatus ?? "–"}
          {nextTryAt !== null && (
            <Typography.Text type="secondary" style={{ display: "block", fontSize: 12 }}>
              {t("nextTry")} <Ago at={nextTryAt} />
            </Typography.Text>
          )}
        </div>
      ),
    },
  ];
}
