import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Empty, Form, Input, Modal, Radio, Select, Table, type TableColumnsType, Tag } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { sourcesQuery } from "../../api/queries.ts";
import { clientsQuery } from "../../api/settings-queries.ts";
import type { ScimClient } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Page } from "../../parts/page.tsx";
import { showRefusal } from "../../parts/show-refusal.ts";
import { ShownOnce } from "../../parts/shown-once.tsx";
import { Ago } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { PlatformSettings } from "./platform-settings.tsx";

/** Who reads the SCIM endpoint, or writes to it, each with a token of its own. */
export function ScimClients() {
  const t = useTranslations("scimClients");
  const mayChange = useMayChange();
  const clients = useQuery(clientsQuery);
  const { data: sources } = useQuery(sourcesQuery);
  const [isNew, setNew] = useState(false);
  const [made, setMade] = useState<{ readonly name: string; readonly token: string } | null>(null);
  const remove = useAction({
    run: (id: string) => read(api.clients["scim-clients"][":id"].$delete({ param: { id } })) as Promise<unknown>,
    refreshes: [["scim-clients"]],
    done: () => t("removed"),
  });
  const make = (
    <Button type="primary" icon={<PlusOutlined />} disabled={!mayChange} onClick={() => setNew(true)}>
      {t("create")}
    </Button>
  );
  const columns: TableColumnsType<ScimClient> = [
    { title: t("name"), dataIndex: "name" },
    {
      title: t("access"),
      dataIndex: "access",
      render: (access: ScimClient["access"]) => (
        <Tag color={access === "write" ? "warning" : "default"}>{t(`accesses.${access}`)}</Tag>
      ),
    },
    {
      title: t("sees"),
      dataIndex: "sources",
      render: (seen: ScimClient["sources"]) =>
        seen === "all"
          ? t("everything")
          : seen.map((id) => <Tag key={id}>{sources?.items.find((source) => source.id === id)?.name ?? id}</Tag>),
    },
    { title: t("since"), dataIndex: "createdAt", render: (at: string) => <Ago at={at} /> },
    {
      title: t("actions"),
      key: "actions",
      render: (_, { id, name }) => (
        <Confirmed danger question={t("removeQuestion", { name })} onConfirm={() => remove.mutateAsync(id)}>
          <Button size="small" danger disabled={!mayChange} aria-label={`${t("remove")}: ${name}`}>
            {t("remove")}
          </Button>
        </Confirmed>
      ),
    },
  ];
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      {clients.error !== null && <Failure error={clients.error} onRetry={() => clients.refetch()} />}
      {clients.data?.items.map(
        ({ id, name, warning }) =>
          warning !== null && (
            <Alert key={id} type="warning" showIcon title={`${name}: ${warning}`} style={{ marginBottom: 8 }} />
          ),
      )}
      <Table<ScimClient>
        rowKey="id"
        loading={clients.isPending}
        dataSource={clients.data?.items ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("none")}>{mayChange && make}</Empty> }}
      />
      <PlatformSettings token={null} />
      {isNew && (
        <NewClient
          onClose={() => setNew(false)}
          onMade={(client) => {
            setNew(false);
            setMade(client);
          }}
        />
      )}
      {made !== null && (
        <ShownOnce title={t("tokenOf", { name: made.name })} secret={made.token} onClose={() => setMade(null)}>
          <PlatformSettings token={made.token} />
        </ShownOnce>
      )}
    </Page>
  );
}

interface NewClientProps {
  readonly onClose: () => void;
  readonly onMade: (client: { readonly name: string; readonly token: string }) => void;
}

interface Values {
  readonly name: string;
  readonly access: "read" | "write";
  readonly sources: readonly string[];
}

function NewClient({ onClose, onMade }: NewClientProps) {
  const t = useTranslations("scimClients");
  const [form] = Form.useForm<Values>();
  const { data: sources } = useQuery(sourcesQuery);
  const save = useAction({
    run: async ({ name, access, sources: chosen }: Values) => {
      try {
        const json = { name: name.trim(), access, sources: chosen.length === 0 ? ("all" as const) : [...chosen] };
        return await read(api.clients["scim-clients"].$post({ json: json as never }));
      } catch (error) {
        showRefusal(form, error);
        throw error;
      }
    },
    refreshes: [["scim-clients"]],
    onDone: onMade,
  });
  return (
    <Modal
      open
      title={t("newTitle")}
      onCancel={onClose}
      okText={t("create")}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={{ access: "read", sources: [] }}
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item
          name="name"
          label={t("name")}
          extra={t("nameRule")}
          rules={[{ required: true, pattern: /^[\p{Script=Han}A-Za-z0-9_-]{2,100}$/u, message: t("nameRule") }]}
        >
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="access" label={t("access")}>
          <Radio.Group
            vertical
            options={(["read", "write"] as const).map((value) => ({ value, label: t(`accessHelp.${value}`) }))}
          />
        </Form.Item>
        <Form.Item name="sources" label={t("sees")} extra={t("seesHelp")}>
          <Select
            mode="multiple"
            placeholder={t("everything")}
            options={[
              ...(sources?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
              { value: "user-groups", label: t("userGroups") },
            ]}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
