import {
  ApiOutlined,
  DeleteOutlined,
  EditOutlined,
  FileSearchOutlined,
  HistoryOutlined,
  MoreOutlined,
  PoweroffOutlined,
  SyncOutlined,
} from "@ant-design/icons";
import { Button, Dropdown, Flex, type MenuProps } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Source } from "../../api/views.ts";
import { ConnectionTest } from "../../parts/connection-test.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { EndSource } from "./end-source.tsx";

/** What can be done with a source. Each that takes something away says first what it would touch. */
export function SourceActions({ source }: { readonly source: Source }) {
  const t = useTranslations("sources");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const [shown, setShown] = useState<"test" | "disable" | "delete" | null>(null);
  const { id, status, type } = source;
  const path = `/sources/${encodeURIComponent(id)}`;

  const sync = useAction({
    run: (mode: "apply" | "plan") =>
      read(api.sourceActions.sources[":id"]["sync-tasks"].$post({ param: { id }, json: { mode } })),
    refreshes: [["sources"], ["tasks"]],
    onDone: (task) => navigate(`/tasks/${task.id}`),
  });
  const enable = useAction({
    run: () => read(api.sources.sources[":id"].$patch({ param: { id }, json: { status: "enabled" } })),
    refreshes: [["sources"], ["endings"]],
    done: () => t("enabled", { name: source.name }),
  });

  const isRead = type === "wecom";
  const isOn = status === "enabled";
  const entries: readonly (false | NonNullable<MenuProps["items"]>[number])[] = [
    {
      key: "edit",
      icon: <EditOutlined />,
      label: t("edit"),
      disabled: !mayChange,
      onClick: () => navigate(`${path}/edit`),
    },
    isRead && {
      key: "plan",
      icon: <FileSearchOutlined />,
      label: t("plan"),
      disabled: !mayChange || !isOn,
      onClick: () => sync.mutate("plan"),
    },
    isRead && {
      key: "test",
      icon: <ApiOutlined />,
      label: t("test"),
      disabled: !mayChange,
      onClick: () => setShown("test"),
    },
    { type: "divider" },
    isOn
      ? {
          key: "disable",
          icon: <PoweroffOutlined />,
          label: t("disable"),
          disabled: !mayChange,
          onClick: () => setShown("disable"),
        }
      : {
          key: "enable",
          icon: <PoweroffOutlined />,
          label: t("enable"),
          disabled: !mayChange,
          onClick: () => enable.mutate(),
        },
    {
      key: "delete",
      icon: <DeleteOutlined />,
      label: t("delete"),
      danger: true,
      disabled: !mayChange,
      onClick: () => setShown("delete"),
    },
  ];

  return (
    <Flex gap={4}>
      {isRead && (
        <Button
          size="small"
          icon={<SyncOutlined />}
          disabled={!mayChange || !isOn}
          loading={sync.isPending}
          onClick={() => sync.mutate("apply")}
        >
          {t("syncNow")}
        </Button>
      )}
      <Button
        size="small"
        icon={<HistoryOutlined />}
        onClick={() => navigate(`/tasks?source=${encodeURIComponent(id)}`)}
      >
        {t("records")}
      </Button>
      <Dropdown trigger={["click"]} menu={{ items: entries.filter((entry) => entry !== false) }}>
        <Button size="small" icon={<MoreOutlined />} aria-label={t("moreOf", { name: source.name })} />
      </Dropdown>
      {shown === "test" && (
        <ConnectionTest
          name={source.name}
          queryKey={["sources", id, "test"]}
          run={() => read(api.sourceActions.sources[":id"].test.$post({ param: { id } }))}
          onClose={() => setShown(null)}
        />
      )}
      {(shown === "disable" || shown === "delete") && (
        <EndSource source={source} afterwards={shown} onClose={() => setShown(null)} />
      )}
    </Flex>
  );
}
