import { useQuery } from "@tanstack/react-query";
import { Alert, Modal, Radio, Table, Typography } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Source } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { useAction } from "../../parts/use-action.tsx";

interface EndSourceProps {
  readonly source: Source;
  readonly afterwards: "disable" | "delete";
  readonly onClose: () => void;
}

interface Lost {
  readonly where: string;
  readonly users: { readonly deactivated: number; readonly deleted: number; readonly protected: number };
  readonly groups: { readonly deleted: number };
  readonly memberships: number;
}

type People = "keep" | "deactivate" | "delete";

/** Disables or deletes a source, after it was said what becomes of its people and how many that are, where. */
export function EndSource({ source, afterwards, onClose }: EndSourceProps) {
  const t = useTranslations("endSource");
  const navigate = useNavigate();
  const [people, setPeople] = useState<People>("keep");
  const { id, name } = source;
  const preview = useQuery({
    queryKey: ["sources", id, "end", afterwards, people],
    queryFn: () => read(api.sourceEnd.sources[":id"].end.$get({ param: { id }, query: { people, afterwards } })),
    ...{ staleTime: 0, gcTime: 0, refetchOnWindowFocus: false },
  });
  const end = useAction({
    run: async () => {
      const confirm = preview.data?.confirm ?? null;
      if (afterwards === "delete") {
        await read(
          api.sources.sources[":id"].$delete({
            param: { id },
            query: { people, ...(confirm !== null && { confirm }) },
          }),
        );
        return;
      }
      const said = people === "keep" ? {} : { people, ...(confirm !== null && { confirm }) };
      await read(api.sources.sources[":id"].$patch({ param: { id }, json: { status: "disabled", ...said } }));
    },
    refreshes: [["sources"], ["endings"], ["tasks"]],
    done: () => t(afterwards === "delete" ? "deleted" : "disabled", { name }),
    onDone: () => {
      onClose();
      if (afterwards === "delete") navigate("/sources");
    },
  });
  const choices: readonly People[] =
    afterwards === "delete" ? ["keep", "deactivate", "delete"] : ["keep", "deactivate"];

  return (
    <Modal
      open
      width={720}
      title={t(afterwards === "delete" ? "titleDelete" : "titleDisable", { name })}
      onCancel={onClose}
      okText={t(afterwards === "delete" ? "doDelete" : "doDisable")}
      okButtonProps={{
        danger: afterwards === "delete" || people !== "keep",
        disabled: preview.data === undefined || preview.isFetching,
      }}
      confirmLoading={end.isPending}
      onOk={() => end.mutate()}
    >
      <Typography.Paragraph>{t("question")}</Typography.Paragraph>
      <Radio.Group
        vertical
        value={people}
        onChange={({ target }) => setPeople(target.value as People)}
        options={choices.map((value) => ({ value, label: t(`people.${value}`) }))}
        style={{ marginBottom: 16 }}
      />
      {preview.error !== null && <Failure error={preview.error} onRetry={() => preview.refetch()} />}
      {preview.isPending && <Loading />}
      {preview.data !== undefined && (
        <>
          {preview.data.confirm === null ? (
            <Alert type="success" showIcon title={t("nothingLost")} />
          ) : (
            <Alert type="warning" showIcon title={t("lost")} style={{ marginBottom: 8 }} />
          )}
          {preview.data.confirm !== null && (
            <Table<Lost>
              size="small"
              rowKey="where"
              pagination={false}
              scroll={{ x: "max-content" }}
              dataSource={[
                { ...preview.data.directory, where: t("directory") },
                ...preview.data.targets.map((target) => ({ ...target, where: target.name })),
              ]}
              columns={[
                { title: t("where"), dataIndex: "where" },
                { title: t("usersDeactivated"), dataIndex: ["users", "deactivated"], align: "end" },
                { title: t("usersDeleted"), dataIndex: ["users", "deleted"], align: "end" },
                { title: t("groupsDeleted"), dataIndex: ["groups", "deleted"], align: "end" },
                { title: t("memberships"), dataIndex: "memberships", align: "end" },
                { title: t("protected"), dataIndex: ["users", "protected"], align: "end" },
              ]}
            />
          )}
        </>
      )}
    </Modal>
  );
}
