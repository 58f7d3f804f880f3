import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Descriptions, Flex, Progress, Table, Typography } from "antd";
import { Link, useNavigate } from "react-router";
import { useFormatter, useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { isUnfinished, targetsQuery, taskQuery } from "../../api/queries.ts";
import type { Task } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Scrollable } from "../../parts/scrollable.tsx";
import { TaskState } from "../../parts/state-tag.tsx";
import { Ago, At } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { Counts } from "./counts.tsx";
import { Held } from "./held.tsx";
import { Plan } from "./plan.tsx";
import { Records } from "./records.tsx";
import { TaskRequests } from "./requests.tsx";
import { useSubject } from "./use-subject.ts";

/** What one task is, did, and waits for. */
export function TaskDetails({ id }: { readonly id: string }) {
  const t = useTranslations("overview");
  const { data: task, error, refetch } = useQuery(taskQuery(id));
  if (error !== null && task === undefined) return <Failure error={error} onRetry={refetch} />;
  if (task === undefined) return <Loading />;
  return (
    <Flex vertical gap="middle">
      <Summary task={task} />
      {task.hold !== null && <Held task={task} />}
      {task.error !== null && (
        <Alert
          type={task.state === "failed" ? "error" : "warning"}
          showIcon
          title={task.error.detail}
          action={
            task.error.code === "source.identity-unclear" && (
              <Link to="/identity">
                <Button size="small">{t("answer")}</Button>
              </Link>
            )
          }
          description={
            <code>
              {task.error.code}
              {task.error.errcode !== undefined && ` · errcode ${task.error.errcode}`}
            </code>
          }
        />
      )}
      {task.plan !== null && task.state === "succeeded" && <Plan task={task} plan={task.plan} />}
      <Card size="small">
        <Counts counts={task.counts} />
      </Card>
      {task.targets.length > 0 && <AtTargets task={task} />}
      <Records task={task} />
      {task.requests !== null && <TaskRequests requests={task.requests} />}
    </Flex>
  );
}

/** Why a task does nothing at the moment: the source takes no more requests for now, say. */
function Waiting({ reason, until }: { readonly reason: string; readonly until: string }) {
  const t = useTranslations("tasks");
  const format = useFormatter();
  const at = format.dateTime(new Date(until), { timeStyle: "medium" });
  return <Alert type="info" showIcon title={t("waits", { until: at, reason })} style={{ marginBottom: 12 }} />;
}

function Summary({ task }: { readonly task: Task }) {
  const t = useTranslations("tasks");
  const subject = useSubject()(task);
  const { progress } = task;
  const percent = progress === null || progress.total === 0 ? 0 : Math.floor((progress.done / progress.total) * 100);
  return (
    <Card
      size="small"
      title={
        <Flex gap="small" align="center" wrap>
          <span style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>{subject}</span>
          <TaskState state={task.state} />
        </Flex>
      }
      extra={<Actions task={task} />}
    >
      {isUnfinished(task.state) && progress !== null && (
        <Flex align="center" gap="small" style={{ marginBottom: 12 }}>
          <Typography.Text style={{ whiteSpace: "nowrap" }}>{t(`phase.${progress.phase}`)}</Typography.Text>
          <Progress percent={percent} status="active" aria-label={t("progress")} />
          <Typography.Text type="secondary" style={{ whiteSpace: "nowrap" }}>
            {t("doneOf", { done: progress.done, total: progress.total })}
          </Typography.Text>
        </Flex>
      )}
      {progress?.waiting !== undefined && <Waiting {...progress.waiting} />}
      <Descriptions
        size="small"
        column={{ xs: 1, sm: 2, xl: 3 }}
        items={[
          { key: "mode", label: t("what"), children: t(`mode.${task.mode}`) },
          { key: "trigger", label: t("why"), children: t(`trigger.${task.trigger}`) },
          { key: "by", label: t("by"), children: task.requestedBy ?? t("itself") },
          { key: "created", label: t("created"), children: <At at={task.createdAt} /> },
          { key: "finished", label: t("finished"), children: <At at={task.finishedAt} /> },
          ...(task.mapping === null
            ? []
            : [
                {
                  key: "mapping",
                  label: t("mapping"),
                  children: t("version", { name: task.mapping.name, version: task.mapping.version }),
                },
              ]),
          ...(task.decidedBy === null
            ? []
            : [
                {
                  key: "decided",
                  label: t("decidedBy"),
                  children: (
                    <>
                      {task.decidedBy} · <Ago at={task.decidedAt} />
                    </>
                  ),
                },
              ]),
        ]}
      />
    </Card>
  );
}

/** What can be done with the task. The server says when one of them can't be. */
function Actions({ task }: { readonly task: Task }) {
  const t = useTranslations("tasks");
  const mayChange = useMayChange();
  const cancel = useAction({
    run: () => read(api.tasks["sync-tasks"][":id"].cancel.$post({ param: { id: task.id } })),
    refreshes: [["tasks"]],
    done: () => t("cancelled"),
  });
  const tp = useTranslations("plan");
  const navigate = useNavigate();
  const undo = useAction({
    run: () => read(api.undo["sync-tasks"][":id"].undo.$post({ param: { id: task.id } })),
    refreshes: [["tasks"]],
    onDone: ({ id }) => navigate(`/tasks/${id}`),
  });
  const mayGoBack = task.mode === "apply" && task.source !== null && !isUnfinished(task.state);
  return (
    <Flex gap="small" wrap>
      {mayGoBack && (
        <Confirmed question={tp("undoQuestion")} onConfirm={() => undo.mutateAsync()}>
          <Button size="small" disabled={!mayChange} loading={undo.isPending}>
            {tp("undo")}
          </Button>
        </Confirmed>
      )}
      {isUnfinished(task.state) && (
        <Confirmed question={t("cancelQuestion")} onConfirm={() => cancel.mutateAsync()}>
          <Button size="small" disabled={!mayChange}>
            {t("cancel")}
          </Button>
        </Confirmed>
      )}
      <Button size="small" href={`/api/v1/sync-tasks/${task.id}/records/export?format=csv`}>
        {t("export")}
      </Button>
    </Flex>
  );
}

function AtTargets({ task }: { readonly task: Task }) {
  const t = useTranslations("tasks");
  const { data } = useQuery(targetsQuery);
  return (
    <Card size="small" title={t("atTargets")}>
      <Scrollable label={t("atTargets")}>
        <Table
          size="small"
          rowKey="target"
          pagination={false}
          dataSource={[...task.targets]}
          columns={[
            {
              title: t("target"),
              dataIndex: "target",
              render: (id: string) => data?.items.find((target) => target.id === id)?.name ?? id,
            },
            { title: t("state"), dataIndex: "state", render: (state: Task["state"]) => <TaskState state={state} /> },
            ...(["created", "adopted", "updated", "deactivated", "deleted", "failed"] as const).map((key) => ({
              ...{ key, title: t(`count.${key}`), align: "end" as const },
              render: (_: unknown, { counts }: Task["targets"][number]) =>
                counts.users[key] + (key === "deactivated" ? 0 : counts.groups[key as "created"]),
            })),
            {
              title: t("problem"),
              dataIndex: "error",
              render: (error: Task["error"]) =>
                error === null ? (
                  ""
                ) : (
                  <span style={{ whiteSpace: "normal", overflowWrap: "anywhere" }}>{error.detail}</span>
                ),
            },
          ]}
        />
      </Scrollable>
    </Card>
  );
}
