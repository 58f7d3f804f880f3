import { CheckCircleFilled, CloseCircleFilled } from "@ant-design/icons";
import { Flex, Typography, theme } from "antd";
import { useTranslations } from "use-intl";
import type { TestResult } from "../api/views.ts";

/** What a connection test found, check by check, and what to do where one failed. */
export function Checks({ checks }: { readonly checks: TestResult["checks"] }) {
  const t = useTranslations("checks");
  const { token } = theme.useToken();
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {checks.map(({ name, ok, detail }) => (
        <li key={name} style={{ padding: "8px 0", borderBottom: `1px solid ${token.colorBorderSecondary}` }}>
          <Flex gap="small" align="start">
            {ok ? (
              <CheckCircleFilled style={{ color: token.colorSuccess, marginTop: 4 }} aria-label={t("passed")} />
            ) : (
              <CloseCircleFilled style={{ color: token.colorError, marginTop: 4 }} aria-label={t("failed")} />
            )}
            <div style={{ minWidth: 0 }}>
              <Typography.Text strong>{isKnown(name) ? t(`name.${name}`) : name}</Typography.Text>
              <Typography.Paragraph style={{ margin: 0, overflowWrap: "anywhere", whiteSpace: "pre-line" }}>
                {detail}
              </Typography.Paragraph>
            </div>
          </Flex>
        </li>
      ))}
    </ul>
  );
}

const names = [
  "credentials",
  "ip",
  "scope",
  "departments",
  "members",
  "fields",
  "contacts",
  "tags",
  "callback",
  "authorization",
] as const;
type Name = (typeof names)[number];

function isKnown(name: string): name is Name {
  return (names as readonly string[]).includes(name);
}
