import { LogoutOutlined, MenuOutlined, UserOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Drawer, Dropdown, Flex, Grid, Layout, Menu, Typography, theme } from "antd";
import { type ReactNode, Suspense, useState } from "react";
import { Link, useLocation } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../api/client.ts";
import { changeSession } from "../api/query-client.ts";
import { Loading } from "../parts/loading.tsx";
import { useSession } from "../sign-in/use-session.ts";
import { navigation } from "./navigation.tsx";
import { PausedBanner } from "./paused-banner.tsx";
import { AppearanceSwitch, LanguageSwitch } from "./switches.tsx";

/** The frame around every page: where one is, where one can go, who one is. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const t = useTranslations("shell");
  const { md } = Grid.useBreakpoint();
  const { token } = theme.useToken();
  const [open, setOpen] = useState(false);
  const session = useSession();
  const border = `1px solid ${token.colorBorderSecondary}`;
  return (
    <Layout style={{ minHeight: "100dvh" }}>
      <a href="#page" className="skip" style={skip}>
        {t("skip")}
      </a>
      {md !== false && (
        <Layout.Sider
          theme="light"
          width={232}
          style={{ borderInlineEnd: border, position: "sticky", top: 0, height: "100dvh", overflow: "auto" }}
        >
          <Brand />
          <Navigation />
        </Layout.Sider>
      )}
      <Layout>
        <Layout.Header
          style={{
            ...{
              background: token.colorBgContainer,
              borderBottom: border,
              padding: "0 16px",
              height: 56,
              lineHeight: "56px",
            },
            ...{ position: "sticky", top: 0, zIndex: 10 },
          }}
        >
          <Flex justify="space-between" align="center" style={{ height: "100%" }}>
            {md === false ? (
              <Button type="text" icon={<MenuOutlined />} aria-label={t("menu")} onClick={() => setOpen(true)} />
            ) : (
              <span />
            )}
            <Flex align="center">
              <LanguageSwitch />
              <AppearanceSwitch />
              <Account />
            </Flex>
          </Flex>
        </Layout.Header>
        <Layout.Content>
          <main id="page" tabIndex={-1} style={{ padding: md === false ? 16 : 24, maxWidth: 1440, outline: "none" }}>
            {session.administrator.role === "auditor" && (
              <Alert type="info" showIcon title={t("auditor")} style={{ marginBottom: 16 }} />
            )}
            <PausedBanner />
            <Suspense fallback={<Loading />}>{children}</Suspense>
          </main>
        </Layout.Content>
      </Layout>
      <Drawer open={open} onClose={() => setOpen(false)} placement="left" size={260} styles={{ body: { padding: 0 } }}>
        <Navigation onChosen={() => setOpen(false)} />
      </Drawer>
    </Layout>
  );
}

/** Seen only when the keyboard comes to it. */
const skip = { position: "absolute", insetInlineStart: 8, insetBlockStart: -60, zIndex: 20 } as const;

function Brand() {
  return (
    <Link to="/" style={{ color: "inherit" }}>
      <Flex align="center" gap={10} style={{ padding: "14px 20px", height: 56, boxSizing: "border-box" }}>
        <img src="/icon.svg" alt="" width={26} height={26} />
        <Typography.Text strong style={{ whiteSpace: "nowrap" }}>
          WeCom SCIM Bridge
        </Typography.Text>
      </Flex>
    </Link>
  );
}

function Navigation({ onChosen }: { readonly onChosen?: () => void }) {
  const t = useTranslations("navigation");
  const { pathname } = useLocation();
  const here = navigation.findLast(({ path }) => path === "/" || pathname === path || pathname.startsWith(`${path}/`));
  return (
    <nav aria-label={t("label")}>
      <Menu
        mode="inline"
        style={{ borderInlineEnd: 0, paddingBlock: 8 }}
        selectedKeys={here === undefined ? [] : [here.path]}
        {...(onChosen !== undefined && { onClick: onChosen })}
        items={navigation.map(({ path, icon, key }) => ({
          ...{ key: path, icon },
          label: <Link to={path}>{t(key)}</Link>,
        }))}
      />
    </nav>
  );
}

function Account() {
  const t = useTranslations("shell");
  const { administrator } = useSession();
  const signOut = useMutation({
    mutationFn: () => read(api.session.session.$delete()),
    onSettled: () => changeSession(null),
  });
  const role = t(`role.${administrator.role}`);
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items: [
          { key: "who", label: t("signedInAs", { name: administrator.name, role }), disabled: true },
          { key: "out", label: t("signOut"), icon: <LogoutOutlined />, onClick: () => signOut.mutate() },
        ],
      }}
    >
      <Button
        type="text"
        icon={<UserOutlined />}
        aria-label={`${t("account")}: ${administrator.name}`}
        loading={signOut.isPending}
      >
        <span style={{ maxWidth: 140, overflow: "hidden", textOverflow: "ellipsis" }}>{administrator.name}</span>
      </Button>
    </Dropdown>
  );
}
