import { useQuery } from "@tanstack/react-query";
import { Form, Input, Modal, Select, Switch } from "antd";
import { useTranslations } from "use-intl";
import { customDepartmentsQuery, type ScimUser, saveUser } from "../../api/custom-queries.ts";
import { showRefusal } from "../../parts/show-refusal.ts";
import { useAction } from "../../parts/use-action.tsx";
import { freshPerson, type PersonValues, toPersonValues, toResource } from "./person-values.ts";

interface PersonFormProps {
  /** Id of a custom source. */
  readonly source: string;
  /** Null: somebody new. */
  readonly person: ScimUser | null;
  readonly onClose: () => void;
  readonly onSaved?: (user: ScimUser) => void;
}

/** Adds a person to a custom source, or changes one. What the form does not show stays as it is. */
export function PersonForm({ source, person, onClose, onSaved }: PersonFormProps) {
  const t = useTranslations("custom");
  const [form] = Form.useForm<PersonValues>();
  const departments = useQuery(customDepartmentsQuery(source));
  const save = useAction({
    run: async (values: PersonValues) => {
      try {
        return await saveUser(source, person?.id ?? null, toResource(values, person));
      } catch (error) {
        showRefusal(form, error);
        throw error;
      }
    },
    refreshes: [["people"], ["custom", source], ["organisation", source], ["history"]],
    done: () => t("saved"),
    onDone: (user) => {
      onClose();
      onSaved?.(user);
    },
  });
  return (
    <Modal
      open
      title={t(person === null ? "newPerson" : "editPerson")}
      onCancel={onClose}
      okText={t("save")}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
    >
      <Form<PersonValues>
        form={form}
        layout="vertical"
        initialValues={person === null ? freshPerson : toPersonValues(person)}
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item
          name="userName"
          label={t("userName")}
          extra={t("userNameHelp")}
          rules={[{ required: true, whitespace: true, message: t("missing") }]}
        >
          <Input autoComplete="off" spellCheck={false} />
        </Form.Item>
        <Form.Item name="displayName" label={t("name")}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="title" label={t("jobTitle")}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="email" label={t("email")} rules={[{ type: "email", message: t("emailRule") }]}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="mobile" label={t("mobile")}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="departments" label={t("departments")}>
          <Select
            mode="multiple"
            showSearch={{ optionFilterProp: "label" }}
            loading={departments.isPending}
            options={(departments.data?.items ?? []).map(({ id, displayName }) => ({ value: id, label: displayName }))}
          />
        </Form.Item>
        <Form.Item name="active" label={t("active")} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  );
}
