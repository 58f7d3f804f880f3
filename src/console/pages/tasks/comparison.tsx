import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Flex, Table, Tag, Tooltip, Typography } from "antd";
import { useTranslations } from "use-intl";
import { historyQuery, recordMembersQuery, recordsOfResourceQuery, targetsQuery } from "../../api/queries.ts";
import type { SyncRecord, Task } from "../../api/views.ts";
import { AttributeName } from "../../parts/attribute-name.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { ActionTag, RecordStatusTag } from "../../parts/state-tag.tsx";
import { Value } from "../../parts/value.tsx";
import { type ComparedAttribute, type ComparedMembers, compareSides } from "./compare.ts";

interface ComparisonProps {
  readonly task: Task;
  readonly record: SyncRecord;
  readonly onClose: () => void;
}

/**
 * The field-level comparison: what the source says, beside what the bridge holds and what each target holds, before and
 * after, with the rule that made it.
 */
export function Comparison({ task, record, onClose }: ComparisonProps) {
  const t = useTranslations("comparison");
  const { resourceId } = record;
  const all = useQuery({ ...recordsOfResourceQuery(task, resourceId ?? ""), enabled: resourceId !== null });
  const records = resourceId === null ? [record] : all.data;
  return (
    <Drawer
      open
      onClose={onClose}
      size="min(1100px, 100vw)"
      title={record.displayName ?? record.externalId ?? t("title")}
      aria-label={t("title")}
    >
      {all.error !== null && <Failure error={all.error} onRetry={() => all.refetch()} />}
      {records === undefined ? <Loading /> : <Sides records={records} />}
    </Drawer>
  );
}

function Sides({ records }: { readonly records: readonly SyncRecord[] }) {
  const t = useTranslations("comparison");
  const { data: targets } = useQuery(targetsQuery);
  const { attributes, members, places, ordered } = compareSides(records);
  const nameOf = (place: string) =>
    place === "" ? t("directory") : (targets?.items.find(({ id }) => id === place)?.name ?? place);
  const resourceId = records[0]?.resourceId ?? null;
  return (
    <Flex vertical gap="middle">
      <ul style={{ margin: 0, padding: 0, listStyle: "none" }}>
        {ordered.map((record) => (
          <li key={record.id} style={{ marginBottom: 8 }}>
            <Flex gap="small" align="center" wrap>
              <Typography.Text strong>{nameOf(record.target ?? "")}</Typography.Text>
              <ActionTag action={record.action} />
              <RecordStatusTag status={record.status} />
              <span>{record.because}</span>
            </Flex>
            {record.error !== null && <Alert type="error" title={record.error} style={{ marginTop: 4 }} />}
            {record.warnings.map((warning) => (
              <Alert key={warning} type="warning" title={warning} style={{ marginTop: 4 }} />
            ))}
          </li>
        ))}
      </ul>
      {attributes.length > 0 && (
        <Table<ComparedAttribute>
          size="small"
          bordered
          rowKey="attribute"
          pagination={false}
          scroll={{ x: "max-content" }}
          dataSource={[...attributes]}
          columns={[
            {
              ...{ title: t("attribute"), dataIndex: "attribute", fixed: "left" as const, rowScope: "row" as const },
              render: (attribute: string) => <Attribute attribute={attribute} resourceId={resourceId} />,
            },
            { title: t("source"), key: "source", render: (_, { source }) => <Value value={source} absent="–" /> },
            ...places.map((place) => ({
              title: nameOf(place),
              key: place,
              children: (["before", "after"] as const).map((side) => ({
                title: t(side),
                key: `${place} ${side}`,
                render: (_: unknown, { places: sides }: ComparedAttribute) => {
                  const at = sides[place];
                  return at === undefined ? (
                    <Typography.Text type="secondary">{side === "after" ? t("untouched") : ""}</Typography.Text>
                  ) : (
                    <Value value={at[side]} absent={t("none")} changed={side === "after"} />
                  );
                },
              })),
            })),
          ]}
        />
      )}
      {members.map((change) => (
        <Members key={change.record} task={records[0]?.task ?? ""} change={change} place={nameOf(change.place)} />
      ))}
      {attributes.length === 0 && members.length === 0 && (
        <Typography.Text type="secondary">{t("noFields")}</Typography.Text>
      )}
    </Flex>
  );
}

/** The attribute, and where the rule stands that makes it. */
function Attribute({ attribute, resourceId }: { readonly attribute: string; readonly resourceId: string | null }) {
  const { data } = useQuery({ ...historyQuery(resourceId ?? ""), enabled: resourceId !== null, retry: false });
  const rules = data?.items.find((item) => item.attribute === attribute && item.target === null)?.rules ?? [];
  return (
    <div style={{ maxWidth: 280, whiteSpace: "normal", overflowWrap: "anywhere" }}>
      <div>
        <AttributeName path={attribute} />
      </div>
      {rules.map(({ file, pointer, line, kind }) => (
        <Tooltip key={pointer} title={pointer}>
          <Tag style={{ fontSize: 11 }}>
            {kind} · {file}
            {line !== null && `:${line}`}
          </Tag>
        </Tooltip>
      ))}
    </div>
  );
}

interface MembersProps {
  readonly task: string;
  readonly change: ComparedMembers;
  readonly place: string;
}

function Members({ task, change, place }: MembersProps) {
  const t = useTranslations("comparison");
  const members = useInfiniteQuery(recordMembersQuery(task, change.record));
  const items = members.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section>
      <Typography.Title level={3} style={{ fontSize: 15 }}>
        {t("members", { place, added: change.added, removed: change.removed })}
      </Typography.Title>
      {members.error !== null && <Failure error={members.error} />}
      <Flex gap={4} wrap>
        {items.map(({ op, resourceId, displayName }) => (
          <Tag key={`${op} ${resourceId}`} color={op === "add" ? "success" : "error"}>
            {op === "add" ? "+" : "−"} {displayName ?? resourceId}
          </Tag>
        ))}
      </Flex>
      {members.hasNextPage && (
        <Button
          size="small"
          loading={members.isFetchingNextPage}
          onClick={() => members.fetchNextPage()}
          style={{ marginTop: 8 }}
        >
          {t("more")}
        </Button>
      )}
    </section>
  );
}
