import { PlusOutlined } from "@ant-design/icons";
import { Button, Card, Form, Input, Radio } from "antd";
import { useTranslations } from "use-intl";
import type { ProviderValues } from "./values.ts";

/**
 * Templates and suites, each with its secrets.
 *
 * @param stored ids of those that are stored: another id would have no secret
 */
export function TemplateFields({ stored }: { readonly stored: ReadonlySet<string> }) {
  const t = useTranslations("providerForm");
  const form = Form.useFormInstance<ProviderValues>();
  const required = { required: true, message: t("missing") };
  const once = {
    validator: async (_: unknown, id: string | undefined) => {
      const ids = (form.getFieldValue("templates") as ProviderValues["templates"]) ?? [];
      if (id && ids.filter((each) => each.id?.trim() === id.trim()).length > 1) throw new Error(t("twice"));
    },
  };
  return (
    <Form.List name="templates">
      {(fields, { add, remove }) => (
        <>
          {fields.map(({ key, name }) => (
            <Card
              key={key}
              size="small"
              type="inner"
              title={t("templateNumber", { number: name + 1 })}
              extra={
                <Button size="small" onClick={() => remove(name)}>
                  {t("remove")}
                </Button>
              }
              style={{ marginBottom: 16 }}
            >
              <Form.Item name={[name, "kind"]} label={t("kind")}>
                <Radio.Group
                  vertical
                  options={(["customised", "third-party"] as const).map((value) => ({
                    value,
                    label: t(`kinds.${value}`),
                  }))}
                />
              </Form.Item>
              <Form.Item
                name={[name, "id"]}
                label={t("suiteId")}
                extra={t("suiteIdRule")}
                rules={[required, { pattern: /^\s*[A-Za-z0-9_-]{1,64}\s*$/, message: t("suiteIdRule") }, once]}
              >
                <Input
                  spellCheck={false}
                  autoComplete="off"
                  disabled={isStored(form.getFieldValue(["templates", name, "id"]), key)}
                />
              </Form.Item>
              <Form.Item name={[name, "name"]} label={t("label")}>
                <Input maxLength={100} />
              </Form.Item>
              {(["secret", "token", "encodingAesKey"] as const).map((member) => (
                <Form.Item
                  key={member}
                  name={[name, member]}
                  label={t(member === "encodingAesKey" ? "aesKey" : member)}
                  rules={[required]}
                >
                  <Input.Password autoComplete="off" />
                </Form.Item>
              ))}
            </Card>
          ))}
          <Button type="dashed" icon={<PlusOutlined />} onClick={() => add({ kind: "customised" })}>
            {t("add")}
          </Button>
        </>
      )}
    </Form.List>
  );

  /** Fields of stored ones have the first keys: a new one of which the id is typed stays open. */
  function isStored(id: string | undefined, key: number): boolean {
    return key < stored.size && id !== undefined && stored.has(id);
  }
}
