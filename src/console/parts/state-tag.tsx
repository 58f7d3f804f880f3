import { Tag } from "antd";
import { useTranslations } from "use-intl";
import type { Source, SyncRecord, Task } from "../api/views.ts";

type Colour = "default" | "processing" | "success" | "warning" | "error";

const ofTask: Readonly<Record<Task["state"] | "paused", Colour>> = {
  queued: "default",
  running: "processing",
  held: "warning",
  succeeded: "success",
  partial: "warning",
  failed: "error",
  cancelled: "default",
  paused: "default",
};

/** The state of a task, or of one of its targets. */
export function TaskState({ state }: { readonly state: Task["state"] | Task["targets"][number]["state"] }) {
  const t = useTranslations("taskState");
  return <Tag color={ofTask[state]}>{t(state)}</Tag>;
}

export function StatusTag({ status }: { readonly status: Source["status"] }) {
  const t = useTranslations("status");
  return <Tag color={status === "enabled" ? "success" : "default"}>{t(status)}</Tag>;
}

const ofAction: Readonly<Record<SyncRecord["action"], Colour>> = {
  create: "success",
  adopt: "success",
  update: "processing",
  deactivate: "warning",
  reactivate: "success",
  delete: "error",
  keep: "default",
  release: "default",
};

export function ActionTag({ action }: { readonly action: SyncRecord["action"] }) {
  const t = useTranslations("action");
  return <Tag color={ofAction[action]}>{t(action)}</Tag>;
}

const ofStatus: Readonly<Record<SyncRecord["status"], Colour>> = {
  planned: "default",
  applied: "success",
  failed: "error",
  skipped: "default",
  held: "warning",
  missing: "error",
  drifted: "warning",
  unmanaged: "default",
};

export function RecordStatusTag({ status }: { readonly status: SyncRecord["status"] }) {
  const t = useTranslations("recordStatus");
  return <Tag color={ofStatus[status]}>{t(status)}</Tag>;
}
