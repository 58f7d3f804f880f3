import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Empty, Flex, Input, List, Tree, Typography } from "antd";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { unitSearchQuery, unitsQuery } from "../../api/people-queries.ts";
import type { Unit } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { branchesOf } from "./branches.ts";

interface OrganisationProps {
  readonly source: string;
  /** Id of a department; null: everybody. */
  readonly chosen: string | null;
  readonly onChoose: (group: string | null) => void;
}

const height = 480;

/** The departments of a source: a level is read when it is opened, and only what is in sight is in the page. */
export function Organisation({ source, chosen, onChoose }: OrganisationProps) {
  const t = useTranslations("people");
  const queries = useQueryClient();
  const [q, setQ] = useState("");
  const top = useQuery(unitsQuery(source, null));
  const [opened, setOpened] = useState<ReadonlyMap<string, readonly Unit[]>>(new Map());
  const tree = useMemo(() => branchesOf(top.data ?? [], opened), [top.data, opened]);
  if (top.error !== null) return <Failure error={top.error} onRetry={() => top.refetch()} />;
  if (top.data === undefined) return <Loading />;
  return (
    <>
      <Input.Search
        allowClear
        aria-label={t("searchUnits")}
        placeholder={t("searchUnits")}
        onSearch={(text) => setQ(text.trim())}
        style={{ marginBottom: 8 }}
      />
      <Button type="link" size="small" disabled={chosen === null} onClick={() => onChoose(null)}>
        {t("everybody")}
      </Button>
      {q !== "" ? (
        <Found source={source} q={q} chosen={chosen} onChoose={onChoose} />
      ) : top.data.length === 0 ? (
        <Empty description={t("noUnits")} />
      ) : (
        <Tree
          blockNode
          height={height}
          treeData={tree}
          // One department above all others tells nothing by itself.
          defaultExpandedKeys={top.data.length === 1 ? top.data.map(({ id }) => id) : []}
          selectedKeys={chosen === null ? [] : [chosen]}
          onSelect={([key]) => onChoose(key === undefined ? null : String(key))}
          loadData={async ({ key }) => {
            const units = await queries.fetchQuery(unitsQuery(source, String(key)));
            setOpened((before) => new Map(before).set(String(key), units));
          }}
          titleRender={({ title, people }) => (
            <Flex justify="space-between" gap="small">
              <Typography.Text ellipsis>{title}</Typography.Text>
              <Typography.Text type="secondary">{people}</Typography.Text>
            </Flex>
          )}
        />
      )}
    </>
  );
}

/** Departments with a part of their name, each with the way to it. */
function Found({ source, q, chosen, onChoose }: OrganisationProps & { readonly q: string }) {
  const t = useTranslations("people");
  const found = useQuery(unitSearchQuery(source, q));
  if (found.error !== null) return <Failure error={found.error} onRetry={() => found.refetch()} />;
  if (found.data === undefined) return <Loading />;
  return (
    <div style={{ maxHeight: height, overflowY: "auto" }}>
      <List
        size="small"
        dataSource={found.data.items}
        rowKey="id"
        locale={{ emptyText: <Empty description={t("noUnitFound")} /> }}
        renderItem={({ id, displayName, people }) => (
          <List.Item>
            <Button
              type={id === chosen ? "primary" : "text"}
              size="small"
              aria-pressed={id === chosen}
              onClick={() => onChoose(id === chosen ? null : id)}
              style={{ height: "auto", whiteSpace: "normal", textAlign: "start" }}
            >
              {displayName}
            </Button>
            <Typography.Text type="secondary">{people}</Typography.Text>
          </List.Item>
        )}
      />
    </div>
  );
}
