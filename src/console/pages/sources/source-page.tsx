import { useQuery } from "@tanstack/react-query";
import { Card, Descriptions, Flex, Statistic, Tag } from "antd";
import { Link, useParams } from "react-router";
import { useTranslations } from "use-intl";
import { sourceQuery } from "../../api/queries.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { StatusTag, TaskState } from "../../parts/state-tag.tsx";
import { Ago } from "../../parts/time.tsx";
import { AuthorizedBy, DisabledBecause } from "./authorized-by.tsx";
import { ConsentCard } from "./consent.tsx";
import { SourceActions } from "./source-actions.tsx";

/** One identity source: its settings, and how it is. */
export function SourcePage() {
  const t = useTranslations("sources");
  const { id = "" } = useParams();
  const { data: source, error, refetch } = useQuery(sourceQuery(id));
  if (error !== null && source === undefined) return <Failure error={error} onRetry={refetch} />;
  if (source === undefined) return <Loading />;
  const { summary, sync, wecom, scope, safeguards, lastTask } = source;
  const callback = `${location.origin}/wecom/callback/${source.id}`;
  return (
    <Page
      title={source.name}
      tag={<StatusTag status={source.status} />}
      lead={source.description}
      above={[{ title: t("title"), path: "/sources" }]}
      actions={<SourceActions source={source} />}
    >
      <DisabledBecause source={source} />
      <Flex gap="middle" wrap style={{ marginBottom: 16 }}>
        {(["activeUsers", "users", "groups"] as const).map((key) => (
          <Card key={key} size="small" style={{ minWidth: 150 }}>
            <Statistic title={t(`summary.${key}`)} value={summary[key]} />
          </Card>
        ))}
      </Flex>
      <Descriptions
        bordered
        size="small"
        column={{ xs: 1, md: 2 }}
        items={[
          { key: "type", label: t("kind"), children: t(`type.${source.type}`) },
          {
            key: "last",
            label: t("last"),
            children:
              lastTask === null ? (
                t("neverSynced")
              ) : (
                <Link to={`/tasks/${lastTask.id}`}>
                  <TaskState state={lastTask.state} />
                </Link>
              ),
          },
          { key: "whole", label: t("lastWhole"), children: <Ago at={source.syncedAt} /> },
          { key: "next", label: t("next"), children: source.nextRunAt === null ? "–" : <Ago at={source.nextRunAt} /> },
          ...(sync === undefined
            ? []
            : [
                {
                  key: "cycle",
                  label: t("automatic"),
                  children: sync.automatic ? t("everyHours", { hours: sync.intervalHours }) : t("manualOnly"),
                },
                { key: "users", label: t("syncUsers"), children: t(sync.users ? "usersToo" : "structureOnly") },
              ]),
          ...(scope === undefined
            ? []
            : [
                {
                  key: "scope",
                  label: t("scope"),
                  children:
                    scope.mode === "all"
                      ? t("scopeAll")
                      : scope.departments.map((each) => <Tag key={each}>{each}</Tag>),
                },
              ]),
          ...(source.mapping === undefined ? [] : [{ key: "mapping", label: t("mapping"), children: source.mapping }]),
          ...(wecom === undefined
            ? []
            : [
                { key: "corp", label: t("corpId"), children: <code>{wecom.corpId}</code> },
                ...(wecom.authorization === undefined
                  ? []
                  : [
                      {
                        key: "authorization",
                        label: t("authorization"),
                        children: <AuthorizedBy source={source} authorization={wecom.authorization} />,
                      },
                    ]),
                { key: "agent", label: t("agentId"), children: wecom.agentId ?? "–" },
                {
                  key: "contacts",
                  label: t("contactsSecret"),
                  children: t(wecom.contactsSecret === undefined ? "notSet" : "set"),
                },
                {
                  key: "callback",
                  label: t("callback"),
                  children:
                    wecom.callback === undefined ? (
                      t("notSet")
                    ) : (
                      <code style={{ overflowWrap: "anywhere" }}>{callback}</code>
                    ),
                },
              ]),
          { key: "namespace", label: t("namespace"), children: source.namespace ?? "–" },
          { key: "organization", label: t("organization"), children: source.organization ?? "–" },
          {
            key: "safeguards",
            label: t("safeguards"),
            children: t("safeguardsSay", { ...safeguards.maxRemovals, hours: safeguards.windowHours }),
          },
        ]}
      />
      {source.type === "wecom" && <ConsentCard source={source} />}
    </Page>
  );
}
