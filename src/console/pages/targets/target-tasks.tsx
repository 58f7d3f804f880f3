import { useInfiniteQuery } from "@tanstack/react-query";
import { Card, Empty, Flex, List } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";
import { tasksQuery } from "../../api/queries.ts";
import type { Target } from "../../api/views.ts";
import { TaskState } from "../../parts/state-tag.tsx";
import { Ago } from "../../parts/time.tsx";

/** The last pushes, plans and comparisons that were about one target alone. */
export function TargetTasks({ target }: { readonly target: Target }) {
  const t = useTranslations("targets");
  const mode = useTranslations("tasks");
  const tasks = useInfiniteQuery(tasksQuery({ limit: 50 }));
  const items = (tasks.data?.pages.flatMap((page) => page.items) ?? []).filter((task) => task.target === target.id);
  return (
    <Card size="small" title={t("lastTasks")}>
      <List
        size="small"
        dataSource={items.slice(0, 5)}
        rowKey="id"
        locale={{ emptyText: <Empty description={t("noTasks")} /> }}
        renderItem={(task) => (
          <List.Item>
            <Flex justify="space-between" gap="small" wrap style={{ width: "100%" }}>
              <Link to={`/tasks/${task.id}`}>{mode(`mode.${task.mode}`)}</Link>
              <Flex gap={4} align="center">
                <TaskState state={task.state} />
                <Ago at={task.finishedAt ?? task.createdAt} />
              </Flex>
            </Flex>
          </List.Item>
        )}
      />
    </Card>
  );
}
