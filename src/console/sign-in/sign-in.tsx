import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Card, Flex, Form, Input, Segmented, Typography } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, read } from "../api/client.ts";
import { changeSession } from "../api/query-client.ts";
import { AppearanceSwitch, LanguageSwitch } from "../layout/switches.tsx";
import { useProblemText } from "../parts/problem-text.ts";

interface Entered {
  readonly name?: string;
  readonly password?: string;
  readonly token?: string;
}

/** Asks for a token, or for a name with its password. */
export function SignIn() {
  const t = useTranslations("signIn");
  const textOf = useProblemText();
  const [way, setWay] = useState<"password" | "token">("password");
  const signIn = useMutation({
    mutationFn: ({ name = "", password = "", token = "" }: Entered) =>
      read(
        api.signIn.session.$post({ json: way === "token" ? { token: token.trim() } : { name: name.trim(), password } }),
      ),
    onSuccess: changeSession,
  });

  return (
    <Flex
      vertical
      align="center"
      gap="middle"
      style={{ minHeight: "100dvh", padding: "10vh 16px 24px", boxSizing: "border-box" }}
    >
      <main style={{ width: "100%", maxWidth: 400 }}>
        <Card>
          <Flex align="center" gap="small" style={{ marginBottom: 4 }}>
            <img src="/icon.svg" alt="" width={32} height={32} />
            <Typography.Title level={1} style={{ fontSize: 20, margin: 0 }}>
              WeCom SCIM Bridge
            </Typography.Title>
          </Flex>
          <Typography.Paragraph type="secondary">{t("lead")}</Typography.Paragraph>
          <Segmented
            block
            aria-label={t("way")}
            value={way}
            onChange={(next) => {
              setWay(next);
              signIn.reset();
            }}
            options={[
              { value: "password" as const, label: t("byPassword") },
              { value: "token" as const, label: t("byToken") },
            ]}
            style={{ marginBottom: 16 }}
          />
          <Form<Entered> layout="vertical" requiredMark={false} onFinish={(entered) => signIn.mutate(entered)}>
            {way === "password" ? (
              <>
                <Form.Item name="name" label={t("name")} rules={[{ required: true, message: t("nameMissing") }]}>
                  <Input autoComplete="username" autoFocus />
                </Form.Item>
                <Form.Item
                  name="password"
                  label={t("password")}
                  rules={[{ required: true, message: t("passwordMissing") }]}
                >
                  <Input.Password autoComplete="current-password" />
                </Form.Item>
              </>
            ) : (
              <Form.Item
                name="token"
                label={t("token")}
                extra={t("tokenHelp")}
                rules={[{ required: true, message: t("tokenMissing") }]}
              >
                <Input.Password autoComplete="off" autoFocus />
              </Form.Item>
            )}
            {signIn.error !== null && (
              <Alert type="error" showIcon title={textOf(signIn.error)} style={{ marginBottom: 16 }} />
            )}
            <Button type="primary" htmlType="submit" block loading={signIn.isPending}>
              {t("submit")}
            </Button>
          </Form>
        </Card>
      </main>
      <Flex gap="small">
        <LanguageSwitch />
        <AppearanceSwitch />
      </Flex>
    </Flex>
  );
}
