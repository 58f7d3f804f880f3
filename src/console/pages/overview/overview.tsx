import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Col, Empty, Flex, List, Row, Statistic } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { identityCasesQuery } from "../../api/identity-queries.ts";
import { settingsQuery, sourcesQuery, targetsQuery, tasksQuery } from "../../api/queries.ts";
import type { Source, Target, Task } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { StatusTag, TaskState } from "../../parts/state-tag.tsx";
import { Ago } from "../../parts/time.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { useSubject } from "../tasks/use-subject.ts";

/** What is healthy, what waits for a person, what failed, and what comes next. */
export function Overview() {
  const t = useTranslations("overview");
  const sources = useQuery(sourcesQuery);
  const targets = useQuery(targetsQuery);
  const held = useInfiniteQuery(tasksQuery({ state: "held", limit: 10 }));
  const recent = useInfiniteQuery(tasksQuery({ limit: 8 }));
  const { data: settings } = useQuery(settingsQuery);
  const error = sources.error ?? targets.error ?? held.error ?? recent.error;
  if (error !== null) return <Failure error={error} onRetry={() => sources.refetch()} />;
  if (sources.data === undefined || targets.data === undefined) return <Loading />;
  if (sources.data.items.length === 0) return <FirstSteps />;
  const heldTasks = held.data?.pages.flatMap(({ items }) => items) ?? [];
  const sick = targets.data.items.filter(({ quarantine }) => quarantine !== null);
  return (
    <Page title={t("title")}>
      <Flex vertical gap="middle">
        {settings?.paused === true && <Alert type="warning" showIcon title={t("paused")} />}
        {heldTasks.map((task) => (
          <HeldTask key={task.id} task={task} />
        ))}
        <OpenCases />
        {sick.map((target) => (
          <Alert
            key={target.id}
            type="error"
            showIcon
            title={t("quarantined", { name: target.name })}
            description={target.quarantine?.detail}
          />
        ))}
        <Figures sources={sources.data.items} targets={targets.data.items} held={heldTasks.length} />
        <Row gutter={[16, 16]}>
          <Col xs={24} lg={12}>
            <Card size="small" title={t("sources")}>
              <SourceList items={sources.data.items} />
            </Card>
          </Col>
          <Col xs={24} lg={12}>
            <Card size="small" title={t("recent")}>
              <TaskList items={recent.data?.pages.flatMap(({ items }) => items) ?? []} />
            </Card>
          </Col>
        </Row>
      </Flex>
    </Page>
  );
}

/** A bridge that has nothing to do yet. */
function FirstSteps() {
  const t = useTranslations("overview");
  const mayChange = useMayChange();
  return (
    <Page title={t("welcome")} lead={t("firstStep")}>
      <Link to="/sources/new">
        <Button type="primary" size="large" disabled={!mayChange}>
          {t("connect")}
        </Button>
      </Link>
    </Page>
  );
}

function HeldTask({ task }: { readonly task: Task }) {
  const t = useTranslations("overview");
  const subject = useSubject()(task);
  return (
    <Alert
      type="warning"
      showIcon
      title={t("held", { name: subject })}
      description={task.hold?.reason}
      action={
        <Link to={`/tasks/${task.id}`}>
          <Button size="small">{t("decide")}</Button>
        </Link>
      }
    />
  );
}

/** Questions who is the same: nothing is done about these people before they are answered. */
function OpenCases() {
  const t = useTranslations("overview");
  const { data } = useInfiniteQuery(identityCasesQuery("open"));
  const count = data?.pages.reduce((sum, { items }) => sum + items.length, 0) ?? 0;
  if (count === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={t("identities", { count })}
      description={t("identitiesHelp")}
      action={
        <Link to="/identity">
          <Button size="small">{t("answer")}</Button>
        </Link>
      }
    />
  );
}

interface FiguresProps {
  readonly sources: readonly Source[];
  readonly targets: readonly Target[];
  readonly held: number;
}

function Figures({ sources, targets, held }: FiguresProps) {
  const t = useTranslations("overview");
  const sum = (of: (source: Source) => number) => sources.reduce((total, source) => total + of(source), 0);
  const figures = {
    people: sum(({ summary }) => summary.activeUsers),
    groups: sum(({ summary }) => summary.groups),
    synced: targets.reduce((total, { links }) => total + links.synced, 0),
    waiting: targets.reduce((total, { links }) => total + links.pending, 0),
    failed: targets.reduce((total, { links }) => total + links.failed, 0),
    heldTasks: held,
  };
  return (
    <Row gutter={[16, 16]}>
      {(["people", "groups", "synced", "waiting", "failed", "heldTasks"] as const).map((key) => (
        <Col key={key} xs={12} sm={8} xl={4}>
          <Card size="small">
            <Statistic title={t(`figure.${key}`)} value={figures[key]} />
          </Card>
        </Col>
      ))}
    </Row>
  );
}

function SourceList({ items }: { readonly items: readonly Source[] }) {
  const t = useTranslations("overview");
  return (
    <List
      size="small"
      dataSource={[...items]}
      rowKey="id"
      renderItem={({ id, name, status, lastTask, nextRunAt }) => (
        <List.Item>
          <Flex justify="space-between" gap="small" wrap style={{ width: "100%" }}>
            <Link to={`/sources/${id}`}>{name}</Link>
            <Flex gap={4} align="center" wrap>
              <StatusTag status={status} />
              {lastTask !== null && (
                <Link to={`/tasks/${lastTask.id}`}>
                  <TaskState state={lastTask.state} />
                </Link>
              )}
              {nextRunAt !== null && (
                <span>
                  {t("next")} <Ago at={nextRunAt} />
                </span>
              )}
            </Flex>
          </Flex>
        </List.Item>
      )}
    />
  );
}

function TaskList({ items }: { readonly items: readonly Task[] }) {
  const t = useTranslations("overview");
  const subjectOf = useSubject();
  if (items.length === 0) return <Empty description={t("noTasks")} />;
  return (
    <List
      size="small"
      dataSource={[...items]}
      rowKey="id"
      renderItem={(task) => (
        <List.Item>
          <Flex justify="space-between" gap="small" wrap style={{ width: "100%" }}>
            <Link to={`/tasks/${task.id}`}>{subjectOf(task)}</Link>
            <Flex gap={4} align="center">
              <TaskState state={task.state} />
              <Ago at={task.finishedAt ?? task.createdAt} />
            </Flex>
          </Flex>
        </List.Item>
      )}
    />
  );
}
