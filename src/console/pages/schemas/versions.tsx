import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Modal, Table, type TableColumnsType, Tag, theme } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { activate, type Kind, versionQuery, versionsQuery } from "../../api/schema-queries.ts";
import type { FileVersion, SchemaFileContent } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { At } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { lineDiff } from "./line-diff.ts";

interface VersionsProps {
  readonly kind: Kind;
  readonly file: SchemaFileContent;
}

const colours = { draft: "processing", active: "success", former: "default" } as const;

/** Every version that there was: compared with what is in force, brought into force, rolled back to. */
export function Versions({ kind, file }: VersionsProps) {
  const t = useTranslations("schemas");
  const mayChange = useMayChange();
  const { name, active, writable } = file;
  const versions = useQuery(versionsQuery(kind, name));
  const [compared, setCompared] = useState<number | null>(null);
  const enforce = useAction({
    run: (version: number) => activate(kind, name, version, active?.version ?? null),
    refreshes: [[kind]],
    done: () => t("activated"),
  });
  const columns: TableColumnsType<FileVersion> = [
    { title: t("versionNumber"), dataIndex: "version" },
    {
      title: t("state"),
      dataIndex: "state",
      render: (state: FileVersion["state"]) => <Tag color={colours[state]}>{t(`versionStates.${state}`)}</Tag>,
    },
    { title: t("origin"), dataIndex: "origin", render: (origin: FileVersion["origin"]) => t(`origins.${origin}`) },
    { title: t("made"), dataIndex: "createdAt", render: (at: string) => <At at={at} /> },
    { title: t("inForceSince"), dataIndex: "activatedAt", render: (at: string | null) => <At at={at} /> },
    {
      title: t("actions"),
      key: "actions",
      render: (_, { version, state }) =>
        state === "active" ? (
          "–"
        ) : (
          <Flex gap={4}>
            {active !== null && (
              <Button size="small" onClick={() => setCompared(version)}>
                {t("compare")}
              </Button>
            )}
            <Confirmed
              question={t(state === "draft" ? "activateQuestion" : "rollBackQuestion", { version })}
              onConfirm={() => enforce.mutateAsync(version)}
            >
              <Button
                size="small"
                type={state === "draft" ? "primary" : "default"}
                disabled={!mayChange || !writable}
                loading={enforce.isPending}
              >
                {t(state === "draft" ? "activate" : "rollBack")}
              </Button>
            </Confirmed>
          </Flex>
        ),
    },
  ];
  return (
    <Card size="small" title={t("versions")}>
      {versions.error !== null && <Failure error={versions.error} onRetry={() => versions.refetch()} />}
      <Table<FileVersion>
        size="small"
        rowKey="version"
        loading={versions.isPending}
        dataSource={[...(versions.data?.items ?? [])]}
        columns={columns}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: "max-content" }}
      />
      {compared !== null && active !== null && (
        <Difference kind={kind} name={name} from={active.version} to={compared} onClose={() => setCompared(null)} />
      )}
    </Card>
  );
}

interface DifferenceProps {
  readonly kind: Kind;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly onClose: () => void;
}

function Difference({ kind, name, from, to, onClose }: DifferenceProps) {
  const t = useTranslations("schemas");
  const { token } = theme.useToken();
  const before = useQuery(versionQuery(kind, name, from));
  const after = useQuery(versionQuery(kind, name, to));
  const background = { "+": token.colorSuccessBg, "-": token.colorErrorBg, " ": "transparent" } as const;
  return (
    <Modal open title={t("difference", { from, to })} onCancel={onClose} footer={null} width={900}>
      {before.data === undefined || after.data === undefined ? (
        <Loading />
      ) : (
        <pre style={{ margin: 0, maxHeight: "60vh", overflow: "auto", fontSize: 13 }}>
          {lineDiff(before.data.text, after.data.text).map(({ op, line }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line has nothing else to be known by, and none moves
            <div key={index} style={{ background: background[op], whiteSpace: "pre-wrap" }}>
              {op} {line}
            </div>
          ))}
        </pre>
      )}
    </Modal>
  );
}
