import { Form, Input, Radio, Select } from "antd";
import { useTranslations } from "use-intl";
import { type AuthType, authTypes } from "./values.ts";

interface AddressProps {
  /** As it is stored; null: the target is new. */
  readonly stored: string | null;
}

/** Where it is, and what it lets us in with. Secrets that are stored stand there as eight asterisks, and stay if they are left. */
export function Address({ stored }: AddressProps) {
  const t = useTranslations("targetForm");
  const type: AuthType = Form.useWatch(["auth", "type"]) ?? "bearer";
  const baseUrl: string | undefined = Form.useWatch("baseUrl");
  const required = { required: true, message: t("missing") };
  const secret = <Input.Password autoComplete="off" />;
  const field = (name: string, label: string, secretly: boolean, isRequired = true) => (
    <Form.Item key={name} name={["auth", name]} label={label} rules={isRequired ? [required] : []}>
      {secretly ? secret : <Input autoComplete="off" spellCheck={false} />}
    </Form.Item>
  );
  const fields = {
    bearer: () => field("token", t("token"), true),
    basic: () => [field("username", t("username"), false), field("password", t("password"), true)],
    oauth2: () => [
      field("tokenUrl", t("tokenUrl"), false),
      field("clientId", t("clientId"), false),
      field("clientSecret", t("clientSecret"), true),
      field("scope", t("oauthScope"), false, false),
    ],
    header: () => [field("name", t("headerName"), false), field("value", t("headerValue"), true)],
  } satisfies Record<AuthType, () => unknown>;
  return (
    <>
      <Form.Item name="baseUrl" label={t("baseUrl")} extra={t("baseUrlHelp")} rules={[required]}>
        <Input placeholder="https://app.example.com/scim/v2" spellCheck={false} />
      </Form.Item>
      {stored !== null && baseUrl !== undefined && baseUrl.trim() !== stored && (
        <Form.Item name="links" label={t("moved")} extra={t("movedHelp")} rules={[required]}>
          <Radio.Group
            vertical
            options={(["keep", "forget"] as const).map((value) => ({ value, label: t(`links.${value}`) }))}
          />
        </Form.Item>
      )}
      <Form.Item name={["auth", "type"]} label={t("auth")}>
        <Select options={authTypes.map((value) => ({ value, label: t(`auths.${value}`) }))} />
      </Form.Item>
      {fields[type]()}
    </>
  );
}
