import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Empty, Flex, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { groupQuery, membersQuery } from "../../api/group-queries.ts";
import { sourcesQuery } from "../../api/queries.ts";
import type { GroupMember, UserGroup } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { PickPeople } from "./pick-people.tsx";

/** A user group: who is in it, and why. */
export function GroupPage() {
  const t = useTranslations("userGroups");
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const { data: group, error, refetch } = useQuery(groupQuery(id));
  const remove = useAction({
    run: () => read(api.groups["user-groups"][":id"].$delete({ param: { id } })) as Promise<unknown>,
    refreshes: [["user-groups"]],
    done: () => t("removed"),
    onDone: () => navigate("/user-groups"),
  });
  if (error !== null && group === undefined) return <Failure error={error} onRetry={refetch} />;
  if (group === undefined) return <Loading />;
  return (
    <Page
      title={group.displayName}
      tag={
        <Tag color={group.memberFilter === null ? "default" : "blue"}>
          {t(group.memberFilter === null ? "listed" : "dynamic")}
        </Tag>
      }
      above={[{ title: t("title"), path: "/user-groups" }]}
      actions={
        <>
          <Button disabled={!mayChange} onClick={() => navigate(`/user-groups/${id}/edit`)}>
            {t("edit")}
          </Button>
          <Confirmed
            danger
            question={t("removeQuestion", { count: group.members })}
            onConfirm={() => remove.mutateAsync()}
          >
            <Button danger disabled={!mayChange} loading={remove.isPending}>
              {t("remove")}
            </Button>
          </Confirmed>
        </>
      }
    >
      <Flex vertical gap="middle">
        {group.warning !== null && <Alert type="warning" showIcon title={group.warning} />}
        {group.memberFilter !== null && (
          <Card size="small" title={t("filter")}>
            <Typography.Text code style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>
              {group.memberFilter}
            </Typography.Text>
          </Card>
        )}
        <Members group={group} />
      </Flex>
    </Page>
  );
}

function Members({ group }: { readonly group: UserGroup }) {
  const t = useTranslations("userGroups");
  const mayChange = useMayChange();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { data: sources } = useQuery(sourcesQuery);
  const members = useInfiniteQuery(membersQuery(group.id));
  const isListed = group.memberFilter === null;
  const change = useAction({
    run: (json: { readonly add?: string[]; readonly remove?: string[] }) =>
      read(api.groups["user-groups"][":id"].members.$post({ param: { id: group.id }, json })),
    refreshes: [["user-groups"], ["user-group", group.id]],
    onDone: () => setChosen([]),
  });
  const columns: TableColumnsType<GroupMember> = [
    {
      title: t("member"),
      key: "member",
      render: (_, { id, type, displayName, userName }) =>
        type === "User" ? <Link to={`/people/${id}`}>{displayName ?? userName ?? id}</Link> : (displayName ?? id),
    },
    { title: "userName", dataIndex: "userName", render: (userName: string | null) => userName ?? "–" },
    {
      title: t("source"),
      dataIndex: "sourceId",
      render: (id: string) => sources?.items.find((source) => source.id === id)?.name ?? id,
    },
    ...(isListed
      ? [
          {
            title: t("actions"),
            key: "actions",
            render: (_: unknown, { id, displayName, userName }: GroupMember) => (
              <Button
                size="small"
                disabled={!mayChange}
                aria-label={`${t("out")}: ${displayName ?? userName ?? id}`}
                onClick={() => change.mutate({ remove: [id] })}
              >
                {t("out")}
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Card size="small" title={t("membersOf", { count: group.members })}>
      {isListed && (
        <Flex gap="small" style={{ marginBottom: 12 }}>
          <div style={{ flex: 1, maxWidth: 480 }}>
            <PickPeople value={chosen} onChange={setChosen} />
          </div>
          <Button
            type="primary"
            disabled={!mayChange || chosen.length === 0}
            loading={change.isPending}
            onClick={() => change.mutate({ add: [...chosen] })}
          >
            {t("add")}
          </Button>
        </Flex>
      )}
      {members.error !== null && <Failure error={members.error} onRetry={() => members.refetch()} />}
      <Table<GroupMember>
        size="small"
        rowKey="id"
        loading={members.isPending}
        dataSource={members.data?.pages.flatMap(({ items }) => items) ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("noMembers")} /> }}
      />
      {members.hasNextPage && (
        <Button
          block
          loading={members.isFetchingNextPage}
          onClick={() => members.fetchNextPage()}
          style={{ marginTop: 8 }}
        >
          {t("more")}
        </Button>
      )}
    </Card>
  );
}
