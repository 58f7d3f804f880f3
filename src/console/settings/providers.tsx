import { QueryClientProvider } from "@tanstack/react-query";
import { App, ConfigProvider, theme } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { IntlProvider } from "use-intl";
import { queryClient } from "../api/query-client.ts";
import en from "../messages/en.json";
import zh from "../messages/zh.json";
import { keepPreferences, type Preferences, PreferencesContext, readPreferences } from "./preferences.ts";
import { useDark } from "./use-dark.ts";

const languages = {
  en: { messages: en, antd: enUS, tag: "en" },
  zh: { messages: zh, antd: zhCN, tag: "zh-CN" },
} as const;

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// Text in these stands out from what is behind it by 4.5 to 1 (WCAG 2.2, 1.4.3), which the library's own does not.
const lightColours = {
  colorPrimary: "#1f5fd6",
  // White text on it can still be read (WCAG 2.1, 1.4.3).
  colorPrimaryHover: "#2a66dc",
  colorInfo: "#1f5fd6",
  colorLink: "#1f5fd6",
  colorSuccess: "#2f7d12",
  colorSuccessBg: "#ecf7e6",
  colorWarning: "#a35b00",
  colorWarningBg: "#fff4e0",
  colorError: "#c9252d",
  colorErrorBg: "#fdecec",
  colorTextSecondary: "rgba(0, 0, 0, 0.62)",
  colorTextTertiary: "rgba(0, 0, 0, 0.58)",
  colorTextDescription: "rgba(0, 0, 0, 0.62)",
  colorTextPlaceholder: "rgba(0, 0, 0, 0.58)",
};
const darkColours = {
  colorPrimary: "#4f86ea",
  colorInfo: "#8fb3f7",
  colorLink: "#7aa5f5",
  colorSuccess: "#6abe39",
  colorWarning: "#e0a03c",
  colorError: "#f1707b",
  colorTextSecondary: "rgba(255, 255, 255, 0.7)",
  colorTextTertiary: "rgba(255, 255, 255, 0.62)",
  colorTextDescription: "rgba(255, 255, 255, 0.7)",
  colorTextPlaceholder: "rgba(255, 255, 255, 0.6)",
};

/** Everything that pages stand in: language, colours, what was read from the API. */
export function Providers({ children }: { readonly children: ReactNode }) {
  const [chosen, setChosen] = useState(readPreferences);
  const dark = useDark(chosen.appearance);
  const language = languages[chosen.language];
  const preferences = useMemo<Preferences>(() => {
    const choose: Preferences["choose"] = (more) => {
      const next = { ...chosen, ...more };
      keepPreferences(next);
      setChosen(next);
    };
    return { ...chosen, choose };
  }, [chosen]);

  useEffect(() => {
    document.documentElement.lang = language.tag;
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    document.body.style.margin = "0";
  }, [language, dark]);

  return (
    <PreferencesContext value={preferences}>
      <IntlProvider locale={chosen.language} messages={language.messages as typeof en} timeZone={timeZone}>
        <ConfigProvider
          locale={language.antd}
          // Two characters with a space between them are another name to a screen reader.
          button={{ autoInsertSpace: false }}
          theme={{
            algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
            components: { Menu: dark ? { itemSelectedColor: "#b9cffa" } : {} },
            token: {
              ...(dark ? darkColours : lightColours),
              borderRadius: 6,
              fontFamily:
                'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
            },
          }}
        >
          <App>
            <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
          </App>
        </ConfigProvider>
      </IntlProvider>
    </PreferencesContext>
  );
}
