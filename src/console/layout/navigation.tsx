import {
  CloudServerOutlined,
  DashboardOutlined,
  DatabaseOutlined,
  HistoryOutlined,
  NotificationOutlined,
  QrcodeOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";

interface Place {
  readonly path: string;
  readonly key: "overview" | "sources" | "providers" | "tasks" | "targets" | "webhooks";
  readonly icon: ReactNode;
}

/** Where one can go, in the order of the menu. */
export const navigation: readonly Place[] = [
  { path: "/", key: "overview", icon: <DashboardOutlined /> },
  { path: "/sources", key: "sources", icon: <DatabaseOutlined /> },
  { path: "/providers", key: "providers", icon: <QrcodeOutlined /> },
  { path: "/tasks", key: "tasks", icon: <HistoryOutlined /> },
  { path: "/targets", key: "targets", icon: <CloudServerOutlined /> },
  { path: "/webhooks", key: "webhooks", icon: <NotificationOutlined /> },
];
