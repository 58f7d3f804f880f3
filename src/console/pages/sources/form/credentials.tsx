import { Collapse, Form, Input, InputNumber, Typography } from "antd";
import { useTranslations } from "use-intl";

interface CredentialsProps {
  /** The corp has authorised an app: there is no secret. */
  readonly isAuthorized: boolean;
}

/** What WeCom is called with. Secrets that are stored stand there as eight asterisks, and stay if they are left. */
export function Credentials({ isAuthorized }: CredentialsProps) {
  return isAuthorized ? <WithoutSecrets /> : <Secrets />;
}

function WithoutSecrets() {
  const t = useTranslations("authorise");
  return (
    <>
      <Typography.Paragraph type="secondary">{t("noSecrets")}</Typography.Paragraph>
      <Network />
    </>
  );
}

/** Corp id and secrets, typed by hand. */
export function Secrets() {
  const t = useTranslations("sourceForm");
  const secret = <Input.Password autoComplete="off" />;
  return (
    <>
      <Typography.Paragraph type="secondary">{t("credentialsLead")}</Typography.Paragraph>
      <Form.Item
        name={["wecom", "corpId"]}
        label={t("corpId")}
        extra={t("corpIdHelp")}
        rules={[
          { required: true, message: t("corpIdMissing") },
          { pattern: /^[A-Za-z0-9_-]{1,64}$/, message: t("corpIdRule") },
        ]}
      >
        <Input autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item name={["wecom", "agentId"]} label={t("agentId")} extra={t("agentIdHelp")}>
        <InputNumber min={1} precision={0} controls={false} style={{ width: "100%" }} />
      </Form.Item>
      <Form.Item
        name={["wecom", "corpSecret"]}
        label={t("corpSecret")}
        extra={t("corpSecretHelp")}
        rules={[{ required: true, message: t("corpSecretMissing") }]}
      >
        {secret}
      </Form.Item>
      <Form.Item name={["wecom", "contactsSecret"]} label={t("contactsSecret")} extra={t("contactsSecretHelp")}>
        {secret}
      </Form.Item>
      <Collapse
        ghost
        items={[
          { key: "callback", label: t("callback"), forceRender: true, children: <Callbacks /> },
          { key: "network", label: t("network"), forceRender: true, children: <Network /> },
        ]}
      />
    </>
  );
}

function Callbacks() {
  const t = useTranslations("sourceForm");
  return (
    <>
      <Typography.Paragraph type="secondary">{t("callbackHelp")}</Typography.Paragraph>
      {(["callback", "appCallback"] as const).map((which) => (
        <div key={which}>
          <Typography.Text strong>{t(`which.${which}`)}</Typography.Text>
          <Form.Item name={["wecom", which, "token"]} label={t("token")}>
            <Input.Password autoComplete="off" />
          </Form.Item>
          <Form.Item name={["wecom", which, "encodingAesKey"]} label={t("aesKey")}>
            <Input.Password autoComplete="off" />
          </Form.Item>
        </div>
      ))}
    </>
  );
}

function Network() {
  const t = useTranslations("sourceForm");
  return (
    <>
      <Form.Item name={["wecom", "apiBaseUrl"]} label={t("apiBaseUrl")} extra={t("apiBaseUrlHelp")}>
        <Input placeholder="https://qyapi.weixin.qq.com" />
      </Form.Item>
      <Form.Item name={["wecom", "proxy"]} label={t("proxy")} extra={t("proxyHelp")}>
        <Input placeholder="http://user:password@proxy.example.com:3128" autoComplete="off" />
      </Form.Item>
    </>
  );
}
