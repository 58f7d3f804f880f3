import { Form, Input, Modal, Select, Switch } from "antd";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { ApiProblem } from "../../api/problem.ts";
import type { Webhook } from "../../api/webhook-queries.ts";
import { useAction } from "../../parts/use-action.tsx";
import { eventKey, events } from "./events.ts";

interface WebhookFormProps {
  /** Null: a new one. */
  readonly before: Webhook | null;
  readonly onClose: () => void;
  /** With its secret where it is new. */
  readonly onSaved: (webhook: { readonly name: string; readonly secret?: string }) => void;
}

interface Values {
  readonly name: string;
  readonly url: string;
  readonly events: Webhook["events"];
  readonly isEnabled: boolean;
}

/** Whom to tell, and of what. */
export function WebhookForm({ before, onClose, onSaved }: WebhookFormProps) {
  const t = useTranslations("webhooks");
  const [form] = Form.useForm<Values>();
  const save = useAction({
    run: async ({ name, url, events: chosen, isEnabled }: Values) => {
      const status = isEnabled ? ("enabled" as const) : ("disabled" as const);
      const json = { name: name.trim(), url: url.trim(), events: [...chosen], status };
      try {
        return await (before === null
          ? read(api.webhooks.webhooks.$post({ json }))
          : read(api.webhooks.webhooks[":id"].$patch({ param: { id: before.id }, json: json as never })));
      } catch (error) {
        if (error instanceof ApiProblem) form.setFields(error.errors.map(besideField));
        throw error;
      }
    },
    refreshes: [["webhooks"]],
    done: ({ name }) => t("saved", { name }),
    onDone: onSaved,
  });
  return (
    <Modal
      open
      title={before === null ? t("create") : t("editOf", { name: before.name })}
      onCancel={onClose}
      okText={t("save")}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={
          before === null
            ? { events: ["task.held", "target.quarantined", "source.stale"], isEnabled: true }
            : { ...before, isEnabled: before.status === "enabled" }
        }
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item
          name="name"
          label={t("name")}
          rules={[{ required: true, pattern: /^[\p{Script=Han}A-Za-z0-9_-]{2,100}$/u, message: t("nameRule") }]}
        >
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="url" label={t("url")} rules={[{ required: true, message: t("urlRule") }]}>
          <Input placeholder="https://" />
        </Form.Item>
        <Form.Item name="events" label={t("events")} rules={[{ required: true, message: t("eventsRule") }]}>
          <Select mode="multiple" options={events.map((value) => ({ value, label: t(eventKey(value)) }))} />
        </Form.Item>
        <Form.Item name="isEnabled" label={t("enabled")} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** What the server says of a member stands beside its field; `status` is the switch. */
function besideField({ pointer = "", detail }: { readonly pointer?: string; readonly detail: string }) {
  const member = pointer.split("/")[1];
  return { name: (member === "status" ? "isEnabled" : member) as keyof Values, errors: [detail] };
}
