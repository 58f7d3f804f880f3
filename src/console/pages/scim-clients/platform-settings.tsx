import { Card, Descriptions, Typography } from "antd";
import { useTranslations } from "use-intl";

/** What is entered at an identity platform, each ready to be copied. */
export function PlatformSettings({ token }: { readonly token: string | null }) {
  const t = useTranslations("scimClients");
  const baseUrl = `${location.origin}/scim/v2`;
  const shown = token ?? "$SCIM_TOKEN";
  const curl = `curl -H "Authorization: Bearer ${shown}" "${baseUrl}/Users?count=2"`;
  const copied = (text: string) => (
    <Typography.Text code copyable={{ text }} style={{ overflowWrap: "anywhere" }}>
      {text}
    </Typography.Text>
  );
  return (
    <Card size="small" title={t("atPlatform")} style={{ marginTop: 16 }}>
      <Descriptions
        size="small"
        column={1}
        items={[
          { key: "url", label: t("baseUrl"), children: copied(baseUrl) },
          { key: "auth", label: t("auth"), children: t("authSay") },
          { key: "media", label: "Content-Type", children: copied("application/scim+json") },
          { key: "unique", label: t("unique"), children: copied("userName") },
          { key: "try", label: t("try"), children: copied(curl) },
        ]}
      />
      <Typography.Paragraph type="secondary" style={{ marginTop: 8 }}>
        {t("platformHelp")}
      </Typography.Paragraph>
    </Card>
  );
}
