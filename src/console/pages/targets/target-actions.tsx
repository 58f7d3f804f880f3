import {
  ApiOutlined,
  DeleteOutlined,
  DiffOutlined,
  EditOutlined,
  FileSearchOutlined,
  MoreOutlined,
  PauseOutlined,
  PlayCircleOutlined,
  PoweroffOutlined,
  UploadOutlined,
  UserSwitchOutlined,
} from "@ant-design/icons";
import { App, Button, Dropdown, Flex, type MenuProps } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Target } from "../../api/views.ts";
import { ConnectionTest } from "../../parts/connection-test.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { useTargetWork } from "./use-target-work.ts";

/** What can be done with a target. What takes something away, or sends something, says first what it does. */
export function TargetActions({ target }: { readonly target: Target }) {
  const t = useTranslations("targets");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const { modal } = App.useApp();
  const [isTested, setTested] = useState(false);
  const work = useTargetWork(target);
  const { id, name, status, paused, links } = target;
  const isOn = status === "enabled";
  const ask = (title: string, content: string, onOk: () => Promise<unknown>) =>
    modal.confirm({ title, content, okButtonProps: { danger: true }, onOk: () => onOk().catch(() => {}) });

  const entry = (key: string, icon: React.ReactNode, label: string, onClick: () => void, isPossible = true) => ({
    ...{ key, icon, label, onClick, disabled: !mayChange || !isPossible },
  });
  const items: MenuProps["items"] = [
    entry("edit", <EditOutlined />, t("edit"), () => navigate(`/targets/${encodeURIComponent(id)}/edit`)),
    entry("test", <ApiOutlined />, t("test"), () => setTested(true)),
    { type: "divider" },
    entry("preview", <UserSwitchOutlined />, t("preview"), () => work.preview.mutate()),
    entry("plan", <FileSearchOutlined />, t("plan"), () => work.plan.mutate()),
    entry("verify", <DiffOutlined />, t("verify"), () => work.verify.mutate({})),
    entry(
      "repair",
      <DiffOutlined />,
      t("repair"),
      () => ask(t("repairQuestion", { name }), t("repairHelp"), () => work.verify.mutateAsync({ repair: true })),
      isOn && paused === null,
    ),
    { type: "divider" },
    paused === null
      ? entry("pause", <PauseOutlined />, t("pause"), () =>
          ask(t("pauseQuestion", { name }), t("pauseHelp"), () => work.pause.mutateAsync(null)),
        )
      : entry("resume", <PlayCircleOutlined />, t("resume"), () => work.resume.mutate()),
    isOn
      ? entry("disable", <PoweroffOutlined />, t("disable"), () =>
          ask(t("disableQuestion", { name }), t("disableHelp"), () => work.enable.mutateAsync("disabled")),
        )
      : entry("enable", <PoweroffOutlined />, t("enable"), () => work.enable.mutate("enabled")),
    {
      ...entry("delete", <DeleteOutlined />, t("delete"), () =>
        ask(
          t("deleteQuestion", { name }),
          t("deleteHelp", { count: links.synced + links.pending + links.failed + links.protected + links.paused }),
          () => work.remove.mutateAsync(),
        ),
      ),
      danger: true,
    },
  ];
  return (
    <Flex gap={4}>
      <Button
        size="small"
        icon={<UploadOutlined />}
        disabled={!mayChange || !isOn || paused !== null}
        loading={work.push.isPending}
        onClick={() => work.push.mutate()}
      >
        {t("push")}
      </Button>
      <Dropdown trigger={["click"]} menu={{ items }}>
        <Button size="small" icon={<MoreOutlined />} aria-label={t("moreOf", { name })} />
      </Dropdown>
      {isTested && (
        <ConnectionTest
          name={name}
          queryKey={["target", id, "test"]}
          run={() => read(api.targetActions.targets[":id"].test.$post({ param: { id } }))}
          onClose={() => setTested(false)}
        />
      )}
    </Flex>
  );
}
