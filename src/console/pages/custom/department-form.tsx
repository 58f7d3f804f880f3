import { useQuery } from "@tanstack/react-query";
import { Form, Input, Modal, Select } from "antd";
import { useTranslations } from "use-intl";
import { customDepartmentsQuery, saveDepartment } from "../../api/custom-queries.ts";
import type { CustomDepartment } from "../../api/views.ts";
import { showRefusal } from "../../parts/show-refusal.ts";
import { useAction } from "../../parts/use-action.tsx";

interface DepartmentFormProps {
  readonly source: string;
  /** Null: a new one. */
  readonly department: CustomDepartment | null;
  readonly onClose: () => void;
}

interface Values {
  readonly name?: string;
  readonly parent?: string | null;
}

/** Adds a department to a custom source; renames one, or puts it elsewhere with everything below it. */
export function DepartmentForm({ source, department, onClose }: DepartmentFormProps) {
  const t = useTranslations("custom");
  const [form] = Form.useForm<Values>();
  const departments = useQuery(customDepartmentsQuery(source));
  const save = useAction({
    run: async ({ name = "", parent = null }: Values) => {
      try {
        return await saveDepartment(source, department?.id ?? null, { name: name.trim(), parent: parent ?? null });
      } catch (error) {
        showRefusal(form, error);
        throw error;
      }
    },
    refreshes: [["custom", source], ["organisation", source], ["people"]],
    done: () => t("saved"),
    onDone: onClose,
  });
  return (
    <Modal
      open
      title={t(department === null ? "newDepartment" : "editDepartment")}
      onCancel={onClose}
      okText={t("save")}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={department === null ? {} : { name: department.name, parent: department.parent }}
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item
          name="name"
          label={t("departmentName")}
          rules={[{ required: true, whitespace: true, message: t("missing") }]}
        >
          <Input maxLength={200} autoComplete="off" />
        </Form.Item>
        <Form.Item name="parent" label={t("above")} extra={t("aboveHelp")}>
          <Select
            allowClear
            showSearch={{ optionFilterProp: "label" }}
            options={(departments.data?.items ?? [])
              .filter(({ id }) => id !== department?.id)
              .map(({ id, displayName }) => ({ value: id, label: displayName }))}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
