import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Flex, Form, Input, Modal, Radio, Table, type TableColumnsType, Tag } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { administratorsQuery } from "../../api/settings-queries.ts";
import type { Administrator } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Page } from "../../parts/page.tsx";
import { showRefusal } from "../../parts/show-refusal.ts";
import { ShownOnce } from "../../parts/shown-once.tsx";
import { StatusTag } from "../../parts/state-tag.tsx";
import { Ago } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

const refreshes = [["administrators"]];

/** Who may sign in here, and as what. */
export function Administrators() {
  const t = useTranslations("administrators");
  const mayChange = useMayChange();
  const list = useQuery(administratorsQuery);
  const [isNew, setNew] = useState(false);
  const [made, setMade] = useState<{ readonly name: string; readonly token: string } | null>(null);
  const make = (
    <Button type="primary" icon={<PlusOutlined />} disabled={!mayChange} onClick={() => setNew(true)}>
      {t("create")}
    </Button>
  );
  const columns: TableColumnsType<Administrator> = [
    {
      title: t("name"),
      key: "name",
      render: (_, { name, builtIn }) => (
        <>
          {name} {builtIn && <Tag>{t("builtIn")}</Tag>}
        </>
      ),
    },
    { title: t("role"), dataIndex: "role", render: (role: Administrator["role"]) => t(`roles.${role}`) },
    {
      title: t("status"),
      dataIndex: "status",
      render: (status: Administrator["status"]) => <StatusTag status={status} />,
    },
    { title: t("password"), dataIndex: "hasPassword", render: (has: boolean) => t(has ? "has" : "hasNot") },
    {
      title: t("seen"),
      key: "seen",
      // Of the server's own token that is not known.
      render: (_, { builtIn, lastSeenAt }) => (builtIn && lastSeenAt === null ? "–" : <Ago at={lastSeenAt} />),
    },
    {
      title: t("actions"),
      key: "actions",
      render: (_, account) => (account.builtIn ? "–" : <Actions account={account} onToken={setMade} />),
    },
  ];
  return (
    <Page title={t("title")} lead={t("lead")} actions={make}>
      {list.error !== null && <Failure error={list.error} onRetry={() => list.refetch()} />}
      <Table<Administrator>
        rowKey="id"
        loading={list.isPending}
        dataSource={list.data?.items ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
      {isNew && (
        <NewAccount
          onClose={() => setNew(false)}
          onMade={(account) => {
            setNew(false);
            setMade(account);
          }}
        />
      )}
      {made !== null && (
        <ShownOnce title={t("tokenOf", { name: made.name })} secret={made.token} onClose={() => setMade(null)} />
      )}
    </Page>
  );
}

type OnToken = (made: { readonly name: string; readonly token: string }) => void;

function Actions({ account, onToken }: { readonly account: Administrator; readonly onToken: OnToken }) {
  const t = useTranslations("administrators");
  const mayChange = useMayChange();
  const { id, name, status } = account;
  const param = { id };
  const renew = useAction({
    run: () => read(api.administrators.administrators[":id"].token.$post({ param })),
    refreshes,
    onDone: onToken,
  });
  const change = useAction({
    run: (next: Administrator["status"]) =>
      read(api.administrators.administrators[":id"].$patch({ param, json: { status: next } as never })),
    refreshes,
  });
  const remove = useAction({
    run: () => read(api.administrators.administrators[":id"].$delete({ param })) as Promise<unknown>,
    refreshes,
    done: () => t("removed", { name }),
  });
  const button = (label: string, isDanger = false) => (
    <Button size="small" danger={isDanger} disabled={!mayChange} aria-label={`${label}: ${name}`}>
      {label}
    </Button>
  );
  return (
    <Flex gap={4} wrap>
      <Confirmed question={t("renewQuestion")} onConfirm={() => renew.mutateAsync()}>
        {button(t("renew"))}
      </Confirmed>
      {status === "enabled" ? (
        <Confirmed question={t("disableQuestion", { name })} onConfirm={() => change.mutateAsync("disabled")}>
          {button(t("disable"))}
        </Confirmed>
      ) : (
        <Button size="small" disabled={!mayChange} onClick={() => change.mutate("enabled")}>
          {t("enable")}
        </Button>
      )}
      <Confirmed danger question={t("removeQuestion", { name })} onConfirm={() => remove.mutateAsync()}>
        {button(t("remove"), true)}
      </Confirmed>
    </Flex>
  );
}

interface Values {
  readonly name: string;
  readonly role: Administrator["role"];
  readonly password?: string;
}

function NewAccount({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: OnToken }) {
  const t = useTranslations("administrators");
  const [form] = Form.useForm<Values>();
  const save = useAction({
    run: async ({ name, role, password = "" }: Values) => {
      try {
        const json = { name: name.trim(), role, ...(password !== "" && { password }) };
        return await read(api.administrators.administrators.$post({ json: json as never }));
      } catch (error) {
        showRefusal(form, error);
        throw error;
      }
    },
    refreshes,
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
        initialValues={{ role: "administrator" }}
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item
          name="name"
          label={t("name")}
          extra={t("nameRule")}
          rules={[{ required: true, pattern: /^[\p{Script=Han}A-Za-z0-9_-]{2,100}$/u, message: t("nameRule") }]}
        >
          <Input maxLength={100} autoComplete="off" />
        </Form.Item>
        <Form.Item name="role" label={t("role")}>
          <Radio.Group
            vertical
            options={(["administrator", "auditor"] as const).map((value) => ({ value, label: t(`roleHelp.${value}`) }))}
          />
        </Form.Item>
        <Form.Item name="password" label={t("password")} extra={t("passwordHelp")}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
