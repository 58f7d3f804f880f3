import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Card, Empty, Flex, Input, Select, Table, type TableColumnsType, Typography } from "antd";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { isUnfinished, type RecordFilter, recordsQuery, targetsQuery } from "../../api/queries.ts";
import type { SyncRecord, Task } from "../../api/views.ts";
import { shortName } from "../../parts/attribute-name.tsx";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { ActionTag, RecordStatusTag } from "../../parts/state-tag.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { Comparison } from "./comparison.tsx";

const actions = ["create", "adopt", "update", "deactivate", "reactivate", "delete", "keep", "release"] as const;
const statuses = ["planned", "applied", "failed", "skipped", "held", "missing", "drifted", "unmanaged"] as const;

/** What a task did to whom, filtered; each record opens the comparison of both sides. */
export function Records({ task }: { readonly task: Task }) {
  const t = useTranslations("records");
  const mayChange = useMayChange();
  const [filter, setFilter] = useState<RecordFilter>({});
  const [shown, setShown] = useState<SyncRecord | null>(null);
  const [picked, setPicked] = useState<readonly string[]>([]);
  const live = isUnfinished(task.state) ? 3_000 : false;
  const records = useInfiniteQuery(recordsQuery(task.id, filter, live));
  const items = useMemo(() => records.data?.pages.flatMap((page) => page.records) ?? [], [records.data]);
  const held = task.hold !== null && task.state === "held";
  const approve = useAction({
    run: () =>
      read(api.tasks["sync-tasks"][":id"].approve.$post({ param: { id: task.id }, json: { changes: [...picked] } })),
    refreshes: [["tasks"], ["sources"]],
    done: () => t("approved", { count: picked.length }),
    onDone: () => setPicked([]),
  });
  const set = (more: { readonly [Key in keyof RecordFilter]: RecordFilter[Key] | undefined }) =>
    setFilter((before) => withoutUndefined({ ...before, ...more }));

  return (
    <Card size="small" title={t("title")} extra={<TargetFilter onChange={(target) => set({ target })} />}>
      <Flex gap="small" wrap style={{ marginBottom: 12 }}>
        <Input.Search
          allowClear
          aria-label={t("search")}
          placeholder={t("search")}
          onSearch={(text) => set({ q: text.trim() === "" ? undefined : text.trim() })}
          style={{ maxWidth: 240 }}
        />
        <Select
          allowClear
          aria-label={t("kind")}
          placeholder={t("kind")}
          style={{ width: 120 }}
          onChange={(resourceType?: "User" | "Group") => set({ resourceType })}
          options={(["User", "Group"] as const).map((value) => ({ value, label: t(value) }))}
        />
        <Select
          allowClear
          aria-label={t("action")}
          placeholder={t("action")}
          style={{ width: 130 }}
          onChange={(action?: SyncRecord["action"]) => set({ action })}
          options={actions.map((value) => ({ value, label: <ActionTag action={value} /> }))}
        />
        <Select
          allowClear
          aria-label={t("status")}
          placeholder={t("status")}
          style={{ width: 130 }}
          onChange={(status?: SyncRecord["status"]) => set({ status })}
          options={statuses.map((value) => ({ value, label: <RecordStatusTag status={value} /> }))}
        />
        {held && (
          <Confirmed
            danger
            question={t("approveQuestion", { count: picked.length })}
            onConfirm={() => approve.mutateAsync()}
          >
            <Button danger disabled={!mayChange || picked.length === 0} loading={approve.isPending}>
              {t("approvePicked", { count: picked.length })}
            </Button>
          </Confirmed>
        )}
      </Flex>
      {records.error !== null && <Failure error={records.error} onRetry={() => records.refetch()} />}
      <Table<SyncRecord>
        size="small"
        rowKey="id"
        loading={records.isPending}
        dataSource={items}
        columns={useColumns(setShown)}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("none")} /> }}
        {...(held && {
          rowSelection: {
            ...{ selectedRowKeys: [...picked], onChange: (keys: React.Key[]) => setPicked(keys.map(String)) },
            getCheckboxProps: ({ status }: SyncRecord) => ({ disabled: status !== "held" }),
          },
        })}
      />
      {records.hasNextPage && (
        <Button
          block
          loading={records.isFetchingNextPage}
          onClick={() => records.fetchNextPage()}
          style={{ marginTop: 8 }}
        >
          {t("more")}
        </Button>
      )}
      {shown !== null && <Comparison task={task} record={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function TargetFilter({ onChange }: { readonly onChange: (target: string | undefined) => void }) {
  const t = useTranslations("records");
  const { data } = useQuery(targetsQuery);
  const options = [
    { value: "null", label: t("directory") },
    ...(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <Select
      allowClear
      aria-label={t("where")}
      placeholder={t("where")}
      style={{ width: 160 }}
      onChange={(target?: string) => onChange(target)}
      options={options}
    />
  );
}

function useColumns(show: (record: SyncRecord) => void): TableColumnsType<SyncRecord> {
  const t = useTranslations("records");
  const { data } = useQuery(targetsQuery);
  return [
    {
      title: t("who"),
      dataIndex: "displayName",
      render: (name: string | null, { externalId, resourceType }) => (
        <div style={{ maxWidth: 260 }}>
          <div style={{ overflow: "hidden", textOverflow: "ellipsis" }}>{name ?? externalId ?? "–"}</div>
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>
            {t(resourceType)} · {externalId ?? "–"}
          </Typography.Text>
        </div>
      ),
    },
    {
      title: t("where"),
      dataIndex: "target",
      render: (target: string | null) =>
        target === null ? t("directory") : (data?.items.find(({ id }) => id === target)?.name ?? target),
    },
    {
      title: t("action"),
      dataIndex: "action",
      render: (action: SyncRecord["action"]) => <ActionTag action={action} />,
    },
    {
      title: t("status"),
      dataIndex: "status",
      render: (status: SyncRecord["status"]) => <RecordStatusTag status={status} />,
    },
    {
      title: t("changes"),
      dataIndex: "changes",
      render: (changes: SyncRecord["changes"], { error }) => (
        <div style={{ maxWidth: 320, whiteSpace: "normal" }}>
          {error === null ? (
            changes
              .slice(0, 4)
              .map(({ attribute }) => shortName(attribute))
              .join(", ") + (changes.length > 4 ? " …" : "")
          ) : (
            <Typography.Text type="danger">{error}</Typography.Text>
          )}
        </div>
      ),
    },
    {
      title: "",
      key: "details",
      fixed: "right",
      render: (_, record) => (
        <Button size="small" type="link" onClick={() => show(record)}>
          {t("details")}
        </Button>
      ),
    },
  ];
}

function withoutUndefined(
  filter: { readonly [Key in keyof RecordFilter]: RecordFilter[Key] | undefined },
): RecordFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as RecordFilter;
}
