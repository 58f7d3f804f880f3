import { Table } from "antd";
import { useFormatter, useTranslations } from "use-intl";
import type { Task } from "../../api/views.ts";
import { Scrollable } from "../../parts/scrollable.tsx";

const columns = [
  "read",
  "created",
  "adopted",
  "updated",
  "deactivated",
  "reactivated",
  "deleted",
  "unchanged",
  "failed",
] as const;

type Row = { readonly kind: "users" | "groups" } & Partial<Record<(typeof columns)[number], number>>;

/** How many people and groups were read, and what was done with them: what happened to nobody is left out. */
export function Counts({ counts }: { readonly counts: Task["counts"] }) {
  const t = useTranslations("counts");
  const format = useFormatter();
  const rows: readonly Row[] = (["users", "groups"] as const).map((kind) => ({ kind, ...counts[kind] }));
  const shown = columns.filter((key) => key === "read" || rows.some((row) => (row[key] ?? 0) > 0));
  return (
    <Scrollable label={t("label")}>
      <Table
        size="small"
        rowKey="kind"
        pagination={false}
        dataSource={[...rows]}
        columns={[
          { title: "", dataIndex: "kind", rowScope: "row", render: (kind: "users" | "groups") => t(kind) },
          ...shown.map((key) => ({
            ...{ key, title: t(key), align: "end" as const },
            render: (_: unknown, row: Row) => (row[key] === undefined ? "–" : format.number(row[key])),
          })),
        ]}
      />
    </Scrollable>
  );
}
