import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Empty, Flex, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { type Webhook, webhooksQuery } from "../../api/webhook-queries.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Page } from "../../parts/page.tsx";
import { ShownOnce } from "../../parts/shown-once.tsx";
import { StatusTag } from "../../parts/state-tag.tsx";
import { At } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { Deliveries } from "./deliveries.tsx";
import { eventKey } from "./events.ts";
import { WebhookForm } from "./webhook-form.tsx";

type Made = { readonly name: string; readonly secret: string };

/** Who is told of what happens. */
export function Webhooks() {
  const t = useTranslations("webhooks");
  const mayChange = useMayChange();
  const webhooks = useQuery(webhooksQuery);
  const [edited, setEdited] = useState<Webhook | "new" | null>(null);
  const [looked, setLooked] = useState<Webhook | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const columns = useColumns({ onEdit: setEdited, onLook: setLooked, onMade: setMade });
  const create = (
    <Button type="primary" icon={<PlusOutlined />} disabled={!mayChange} onClick={() => setEdited("new")}>
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={create}>
      {webhooks.error !== null && <Failure error={webhooks.error} onRetry={() => webhooks.refetch()} />}
      <Table<Webhook>
        rowKey="id"
        loading={webhooks.isPending}
        dataSource={webhooks.data?.items ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("none")}>{mayChange && create}</Empty> }}
      />
      {edited !== null && (
        <WebhookForm
          before={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
          onSaved={({ name, secret }) => {
            setEdited(null);
            if (secret !== undefined) setMade({ name, secret });
          }}
        />
      )}
      {looked !== null && <Deliveries webhook={looked} onClose={() => setLooked(null)} />}
      {made !== null && (
        <ShownOnce title={t("secretOf", { name: made.name })} secret={made.secret} onClose={() => setMade(null)}>
          <Typography.Paragraph type="secondary">{t("secretHelp")}</Typography.Paragraph>
        </ShownOnce>
      )}
    </Page>
  );
}

interface Doing {
  readonly onEdit: (webhook: Webhook) => void;
  readonly onLook: (webhook: Webhook) => void;
  readonly onMade: (made: Made) => void;
}

function useColumns(doing: Doing): TableColumnsType<Webhook> {
  const t = useTranslations("webhooks");
  return [
    {
      title: t("name"),
      dataIndex: "name",
      render: (name: string, { url }) => (
        <div style={{ maxWidth: 320 }}>
          <Typography.Text strong>{name}</Typography.Text>
          <Typography.Text type="secondary" ellipsis style={{ display: "block", fontSize: 12 }}>
            {url}
          </Typography.Text>
        </div>
      ),
    },
    {
      title: t("events"),
      dataIndex: "events",
      render: (told: Webhook["events"]) => (
        <Flex wrap gap={4} style={{ maxWidth: 240 }}>
          {told.map((event) => (
            <Tag key={event}>{t(eventKey(event))}</Tag>
          ))}
        </Flex>
      ),
    },
    {
      title: t("status"),
      dataIndex: "status",
      render: (status: Webhook["status"], { disabledBecause, previousSecretUntil }) => (
        <div style={{ maxWidth: 240, whiteSpace: "normal" }}>
          <StatusTag status={status} />
          {disabledBecause !== null && <Typography.Text type="danger">{disabledBecause}</Typography.Text>}
          {previousSecretUntil !== null && (
            <Typography.Text type="secondary" style={{ display: "block", fontSize: 12 }}>
              {t("oldSecretUntil")} <At at={previousSecretUntil} />
            </Typography.Text>
          )}
        </div>
      ),
    },
    { title: t("actions"), key: "actions", render: (_, webhook) => <Actions webhook={webhook} {...doing} /> },
  ];
}

function Actions({ webhook, onEdit, onLook, onMade }: Doing & { readonly webhook: Webhook }) {
  const t = useTranslations("webhooks");
  const mayChange = useMayChange();
  const { id, name } = webhook;
  const refreshes = [["webhooks"]];
  const rotate = useAction({
    run: () => read(api.webhooks.webhooks[":id"]["rotate-secret"].$post({ param: { id } })),
    refreshes,
    onDone: onMade,
  });
  const remove = useAction({
    run: () => read(api.webhooks.webhooks[":id"].$delete({ param: { id } })) as Promise<unknown>,
    refreshes,
    done: () => t("removed"),
  });
  return (
    <Flex gap="small" wrap style={{ width: 220 }}>
      <Button size="small" aria-label={`${t("deliveries")}: ${name}`} onClick={() => onLook(webhook)}>
        {t("deliveries")}
      </Button>
      <Button size="small" disabled={!mayChange} aria-label={`${t("edit")}: ${name}`} onClick={() => onEdit(webhook)}>
        {t("edit")}
      </Button>
      <Confirmed question={t("rotateQuestion", { name })} onConfirm={() => rotate.mutateAsync()}>
        <Button size="small" disabled={!mayChange} aria-label={`${t("rotate")}: ${name}`}>
          {t("rotate")}
        </Button>
      </Confirmed>
      <Confirmed danger question={t("removeQuestion", { name })} onConfirm={() => remove.mutateAsync()}>
        <Button size="small" danger disabled={!mayChange} aria-label={`${t("remove")}: ${name}`}>
          {t("remove")}
        </Button>
      </Confirmed>
    </Flex>
  );
}
