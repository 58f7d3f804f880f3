import {
  ApiOutlined,
  AuditOutlined,
  CloudServerOutlined,
  DashboardOutlined,
  DatabaseOutlined,
  HistoryOutlined,
  NotificationOutlined,
  QrcodeOutlined,
  SafetyOutlined,
  SettingOutlined,
  SwapOutlined,
  TeamOutlined,
  UsergroupAddOutlined,
  UserSwitchOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";

interface Place {
  readonly path: string;
  readonly key:
    | "overview"
    | "sources"
    | "people"
    | "providers"
    | "tasks"
    | "identity"
    | "targets"
    | "userGroups"
    | "mappings"
    | "scimClients"
    | "webhooks"
    | "administrators"
    | "audit"
    | "settings";
  readonly icon: ReactNode;
}

/** Where one can go, in the order of the menu. */
export const navigation: readonly Place[] = [
  { path: "/", key: "overview", icon: <DashboardOutlined /> },
  { path: "/sources", key: "sources", icon: <DatabaseOutlined /> },
  { path: "/people", key: "people", icon: <TeamOutlined /> },
  { path: "/user-groups", key: "userGroups", icon: <UsergroupAddOutlined /> },
  { path: "/mappings", key: "mappings", icon: <SwapOutlined /> },
  { path: "/providers", key: "providers", icon: <QrcodeOutlined /> },
  { path: "/tasks", key: "tasks", icon: <HistoryOutlined /> },
  { path: "/identity", key: "identity", icon: <UserSwitchOutlined /> },
  { path: "/targets", key: "targets", icon: <CloudServerOutlined /> },
  { path: "/scim-clients", key: "scimClients", icon: <ApiOutlined /> },
  { path: "/administrators", key: "administrators", icon: <SafetyOutlined /> },
  { path: "/audit", key: "audit", icon: <AuditOutlined /> },
  { path: "/settings", key: "settings", icon: <SettingOutlined /> },
  { path: "/webhooks", key: "webhooks", icon: <NotificationOutlined /> },
];
