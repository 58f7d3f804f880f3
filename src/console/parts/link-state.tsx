import { Tag } from "antd";
import { useTranslations } from "use-intl";
import type { Person } from "../api/views.ts";

type State = Person["links"][number]["state"];

const colours: Readonly<Record<State, "default" | "processing" | "success" | "warning" | "error">> = {
  synced: "success",
  pending: "processing",
  failed: "error",
  protected: "warning",
  paused: "default",
};

/** How somebody, or a group, stands at a target. */
export function LinkState({ state }: { readonly state: State }) {
  const t = useTranslations("linkState");
  return <Tag color={colours[state]}>{t(state)}</Tag>;
}
