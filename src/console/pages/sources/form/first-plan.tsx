import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Flex, Progress } from "antd";
import { useEffect, useRef } from "react";
import { Link, useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../../api/client.ts";
import { isUnfinished, taskQuery } from "../../../api/queries.ts";
import type { Source } from "../../../api/views.ts";
import { Loading } from "../../../parts/loading.tsx";
import { useAction } from "../../../parts/use-action.tsx";
import { Counts } from "../../tasks/counts.tsx";
import type { SourceValues } from "./values.ts";

interface FirstPlanProps {
  /** Undefined while it is being made. */
  readonly source: Source | undefined;
  readonly wanted: SourceValues["sync"];
}

/** What the first sync of a source would do. It starts, and runs by itself from then on, when that was looked at. */
export function FirstPlan({ source, wanted }: FirstPlanProps) {
  const t = useTranslations("sourceForm");
  if (source === undefined) return <Loading />;
  if (source.type === "custom")
    return <Alert type="success" showIcon title={t("made", { name: source.name })} action={<Open source={source} />} />;
  return <Planned source={source} wanted={wanted} />;
}

function Open({ source }: { readonly source: Source }) {
  const t = useTranslations("sourceForm");
  return (
    <Link to={`/sources/${source.id}`}>
      <Button>{t("open")}</Button>
    </Link>
  );
}

function Planned({ source, wanted }: { readonly source: Source; readonly wanted: SourceValues["sync"] }) {
  const t = useTranslations("sourceForm");
  const navigate = useNavigate();
  const { id, name } = source;
  const plan = useAction({
    run: () => read(api.sourceActions.sources[":id"]["sync-tasks"].$post({ param: { id }, json: { mode: "plan" } })),
    refreshes: [["sources"]],
  });
  const start = useAction({
    run: async () => {
      const started = await read(
        api.sourceActions.sources[":id"]["sync-tasks"].$post({ param: { id }, json: { mode: "apply" } }),
      );
      if (wanted?.automatic === true)
        await read(api.sources.sources[":id"].$patch({ param: { id }, json: { sync: { automatic: true } } }));
      return started;
    },
    refreshes: [["sources"], ["tasks"]],
    onDone: (task) => navigate(`/tasks/${task.id}`),
  });
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    plan.mutate();
  }, [plan]);
  const taskId = plan.data?.id;
  const { data: task } = useQuery({ ...taskQuery(taskId ?? ""), enabled: taskId !== undefined });
  const running = task === undefined || isUnfinished(task.state);
  const { progress } = task ?? {};
  return (
    <Flex vertical gap="middle">
      <Alert type="success" showIcon title={t("made", { name })} description={t("planned")} />
      {running && !plan.isError && (
        <Progress
          percent={progress == null || progress.total === 0 ? 0 : Math.floor((progress.done / progress.total) * 100)}
          status="active"
          aria-label={t("planning")}
        />
      )}
      {task !== undefined && !running && (
        <>
          {task.error !== null && <Alert type="error" showIcon title={task.error.detail} />}
          {task.plan?.wouldHold != null && <Alert type="warning" showIcon title={task.plan.wouldHold.reason} />}
          <Counts counts={task.counts} />
        </>
      )}
      <Flex gap="small" wrap>
        <Button
          type="primary"
          disabled={running && !plan.isError}
          loading={start.isPending}
          onClick={() => start.mutate()}
        >
          {t(wanted?.automatic === true ? "startAutomatic" : "startOnce")}
        </Button>
        {taskId !== undefined && (
          <Link to={`/tasks/${taskId}`}>
            <Button disabled={false}>{t("showPlan")}</Button>
          </Link>
        )}
        <Link to={`/sources/${id}`}>
          <Button disabled={false}>{t("later")}</Button>
        </Link>
      </Flex>
    </Flex>
  );
}
