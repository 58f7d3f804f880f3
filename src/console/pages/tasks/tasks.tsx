import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Card, Empty, Flex, Grid, Select, Typography, theme } from "antd";
import { useMemo } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { useTranslations } from "use-intl";
import { sourcesQuery, tasksQuery } from "../../api/queries.ts";
import type { Task } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { TaskState } from "../../parts/state-tag.tsx";
import { Ago } from "../../parts/time.tsx";
import { TaskDetails } from "./task-details.tsx";
import { useSubject } from "./use-subject.ts";

const states = ["queued", "running", "held", "succeeded", "partial", "failed", "cancelled"] as const;

/** Sync tasks, newest first, and beside them what the chosen one did. */
export function Tasks() {
  const t = useTranslations("tasks");
  const { id } = useParams();
  const { lg } = Grid.useBreakpoint();
  const narrow = lg === false;
  const [search, setSearch] = useSearchParams();
  const source = search.get("source") ?? undefined;
  const state = states.find((each) => each === search.get("state"));
  const filter = { ...(source !== undefined && { source }), ...(state !== undefined && { state }) };
  const tasks = useInfiniteQuery(tasksQuery(filter));
  const { data: sources } = useQuery(sourcesQuery);
  const items = useMemo(() => tasks.data?.pages.flatMap((page) => page.items) ?? [], [tasks.data]);
  const chosen = id ?? (narrow ? undefined : items[0]?.id);
  const query = search.size === 0 ? "" : `?${search}`;

  function set(key: string, value: string | undefined): void {
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value === undefined) next.delete(key);
      else next.set(key, value);
      return next;
    });
  }

  const details = chosen !== undefined && <TaskDetails key={chosen} id={chosen} />;
  if (narrow && details !== false)
    return (
      <Page title={t("one")} above={[{ title: t("title"), path: `/tasks${query}` }]}>
        {details}
      </Page>
    );
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Flex gap="middle" align="start">
        <div style={{ width: narrow ? "100%" : 320, flex: "none" }}>
          <Flex gap="small" style={{ marginBottom: 8 }}>
            <Select
              allowClear
              showSearch={{ optionFilterProp: "label" }}
              aria-label={t("source")}
              placeholder={t("allSources")}
              style={{ flex: 1, minWidth: 0 }}
              {...(source !== undefined && { value: source })}
              onChange={(value?: string) => set("source", value)}
              options={(sources?.items ?? []).map((each) => ({ value: each.id, label: each.name }))}
            />
            <Select
              allowClear
              aria-label={t("state")}
              placeholder={t("allStates")}
              style={{ width: 120 }}
              {...(state !== undefined && { value: state })}
              onChange={(value?: string) => set("state", value)}
              options={states.map((value) => ({ value, label: <TaskState state={value} /> }))}
            />
          </Flex>
          {tasks.error !== null && <Failure error={tasks.error} onRetry={() => tasks.refetch()} />}
          {tasks.isPending ? <Loading /> : <TaskList items={items} chosen={chosen} query={query} />}
          {tasks.hasNextPage && (
            <Button
              block
              loading={tasks.isFetchingNextPage}
              onClick={() => tasks.fetchNextPage()}
              style={{ marginTop: 8 }}
            >
              {t("more")}
            </Button>
          )}
        </div>
        {!narrow && <div style={{ flex: 1, minWidth: 0 }}>{details}</div>}
      </Flex>
    </Page>
  );
}

interface TaskListProps {
  readonly items: readonly Task[];
  readonly chosen: string | undefined;
  readonly query: string;
}

function TaskList({ items, chosen, query }: TaskListProps) {
  const t = useTranslations("tasks");
  const { token } = theme.useToken();
  const nameOf = useSubject();
  const navigate = useNavigate();
  if (items.length === 0) return <Empty description={t("none")} />;
  return (
    <Card size="small" styles={{ body: { padding: 0 } }}>
      <ul style={{ listStyle: "none", margin: 0, padding: 0, maxHeight: "calc(100dvh - 260px)", overflow: "auto" }}>
        {items.map((task) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the link inside is what the keyboard goes to
          <li
            key={task.id}
            onClick={() => navigate(`/tasks/${task.id}${query}`)}
            aria-current={task.id === chosen ? "true" : undefined}
            style={{
              ...{ padding: "8px 12px", cursor: "pointer", borderBottom: `1px solid ${token.colorBorderSecondary}` },
              ...(task.id === chosen && { background: token.controlItemBgActive }),
            }}
          >
            <Flex justify="space-between" gap="small">
              <Link
                to={`/tasks/${task.id}${query}`}
                style={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}
              >
                {nameOf(task)}
              </Link>
              <TaskState state={task.state} />
            </Flex>
            <Typography.Text type="secondary" style={{ fontSize: 12 }}>
              {t(`mode.${task.mode}`)} · {t(`trigger.${task.trigger}`)} · <Ago at={task.createdAt} />
            </Typography.Text>
          </li>
        ))}
      </ul>
    </Card>
  );
}
