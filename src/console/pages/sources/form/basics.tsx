import { Alert, Form, Input, Radio } from "antd";
import { useTranslations } from "use-intl";

/** 2 to 100 characters: Chinese characters, letters, digits, - and _. The server judges it again. */
const nameRule = /^[\p{Script=Han}A-Za-z0-9_-]{2,100}$/u;

/** What kind of source it is. */
export function Kind({ disabled }: { readonly disabled: boolean }) {
  const t = useTranslations("sourceForm");
  return (
    <Form.Item name="type" label={t("kind")}>
      <Radio.Group
        vertical
        disabled={disabled}
        options={(["wecom", "custom"] as const).map((value) => ({ value, label: t(`kinds.${value}`) }))}
      />
    </Form.Item>
  );
}

/** What it is called, and how its people are told from those of others. */
export function Basics() {
  const t = useTranslations("sourceForm");
  return (
    <>
      <Form.Item
        name="name"
        label={t("name")}
        extra={t("nameRule")}
        rules={[
          { required: true, message: t("nameMissing") },
          { pattern: nameRule, message: t("nameRule") },
        ]}
      >
        <Input maxLength={100} showCount />
      </Form.Item>
      <Form.Item name="description" label={t("description")} extra={t("descriptionHelp")}>
        <Input.TextArea rows={2} maxLength={1000} />
      </Form.Item>
      <Form.Item name="organization" label={t("organization")} extra={t("organizationHelp")}>
        <Input maxLength={256} />
      </Form.Item>
      <Form.Item
        name="namespace"
        label={t("namespace")}
        extra={t("namespaceHelp")}
        rules={[{ pattern: /^[A-Za-z0-9-]{0,64}$/, message: t("namespaceRule") }]}
      >
        <Input maxLength={64} />
      </Form.Item>
    </>
  );
}

export function CustomHint() {
  const t = useTranslations("sourceForm");
  return <Alert type="info" showIcon title={t("customHint")} />;
}
