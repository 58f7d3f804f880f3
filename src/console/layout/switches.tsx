import { MoonOutlined, SunOutlined, TranslationOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { useTranslations } from "use-intl";
import { usePreferences } from "../settings/preferences.ts";
import { useDark } from "../settings/use-dark.ts";

/** 中文 or English: each is named in its own language. */
export function LanguageSwitch() {
  const { language, choose } = usePreferences();
  const other = language === "zh" ? "en" : "zh";
  return (
    <Button
      type="text"
      icon={<TranslationOutlined />}
      lang={other === "zh" ? "zh-CN" : "en"}
      onClick={() => choose({ language: other })}
    >
      {other === "zh" ? "中文" : "English"}
    </Button>
  );
}

export function AppearanceSwitch() {
  const t = useTranslations("appearance");
  const { appearance, choose } = usePreferences();
  const dark = useDark(appearance);
  const items = (["system", "light", "dark"] as const).map((key) => ({ key, label: t(key) }));
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        ...{ items, selectable: true, selectedKeys: [appearance] },
        onClick: ({ key }) => choose({ appearance: key as "system" | "light" | "dark" }),
      }}
    >
      <Button type="text" icon={dark ? <MoonOutlined /> : <SunOutlined />} aria-label={t("label")} />
    </Dropdown>
  );
}
