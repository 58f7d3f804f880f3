import { useQuery } from "@tanstack/react-query";
import { Card, Descriptions, Flex, Statistic, Tag } from "antd";
import { useParams } from "react-router";
import { useTranslations } from "use-intl";
import { sourcesQuery } from "../../api/queries.ts";
import { targetQuery } from "../../api/target-queries.ts";
import type { Target } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { StatusTag } from "../../parts/state-tag.tsx";
import { linkStates } from "./link-states.ts";
import { LinkTable } from "./link-table.tsx";
import { TargetActions } from "./target-actions.tsx";
import { TargetTasks } from "./target-tasks.tsx";
import { Trouble } from "./trouble.tsx";

/** One target: how it is, what stands there, and what can be done with it. */
export function TargetPage() {
  const t = useTranslations("targets");
  const { id = "" } = useParams();
  const { data: target, error, refetch } = useQuery(targetQuery(id));
  if (error !== null && target === undefined) return <Failure error={error} onRetry={refetch} />;
  if (target === undefined) return <Loading />;
  return (
    <Page
      title={target.name}
      tag={<StatusTag status={target.status} />}
      lead={target.baseUrl}
      above={[{ title: t("title"), path: "/targets" }]}
      actions={<TargetActions target={target} />}
    >
      <Flex vertical gap="middle">
        <Trouble target={target} />
        <Flex gap="middle" wrap>
          {linkStates.map((state) => (
            <Card key={state} size="small" style={{ minWidth: 130 }}>
              <Statistic title={t(`links.${state}`)} value={target.links[state]} />
            </Card>
          ))}
        </Flex>
        <Settings target={target} />
        <TargetTasks target={target} />
        <LinkTable target={target} />
      </Flex>
    </Page>
  );
}

function Settings({ target }: { readonly target: Target }) {
  const t = useTranslations("targets");
  const { data: sources } = useQuery(sourcesQuery);
  const { provision, limits, auth, profile, scope, match } = target;
  const { onRemoval } = provision;
  const given = (["users", "groups", "userGroups"] as const).filter((what) => provision[what]);
  return (
    <Descriptions
      bordered
      size="small"
      column={{ xs: 1, md: 2 }}
      items={[
        { key: "profile", label: t("profile"), children: profile },
        { key: "auth", label: t("auth"), children: t(`auths.${auth.type}`) },
        {
          key: "sources",
          label: t("sources"),
          children: target.sources.map((id) => (
            <Tag key={id}>{sources?.items.find((source) => source.id === id)?.name ?? id}</Tag>
          )),
        },
        {
          key: "given",
          label: t("given"),
          children: given.map((what) => <Tag key={what}>{t(`provision.${what}`)}</Tag>),
        },
        {
          key: "removal",
          label: t("removal"),
          children:
            typeof onRemoval === "object"
              ? t("removals.later", { days: onRemoval.deactivateThenDeleteAfterDays })
              : t(`removals.${onRemoval}`),
        },
        {
          key: "limits",
          label: t("limits"),
          children: t("limitsSay", {
            concurrency: limits.concurrency,
            rate: limits.requestsPerSecond === 0 ? "∞" : limits.requestsPerSecond,
          }),
        },
        { key: "match", label: t("match"), children: `${match.users.join(", ")} · ${match.groups.join(", ")}` },
        {
          key: "scope",
          label: t("scope"),
          children: [scope.users, scope.groups].filter((each) => each !== undefined).join(" · ") || t("scopeAll"),
        },
      ]}
    />
  );
}
