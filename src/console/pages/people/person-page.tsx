import { useQuery } from "@tanstack/react-query";
import { Card, Col, Descriptions, Flex, Row, Tag } from "antd";
import { Link, useParams } from "react-router";
import { useTranslations } from "use-intl";
import { personQuery } from "../../api/people-queries.ts";
import { sourcesQuery } from "../../api/queries.ts";
import type { Person } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { At } from "../../parts/time.tsx";
import { CustomPersonActions } from "../custom/custom-person-actions.tsx";
import { PersonActions } from "./person-actions.tsx";
import { PersonAttributes } from "./person-attributes.tsx";
import { PersonHistory } from "./person-history.tsx";
import { PersonTargets } from "./person-targets.tsx";

/** Everything that the bridge knows of one person, where each value comes from, and what stands at each target. */
export function PersonPage() {
  const t = useTranslations("people");
  const { id = "" } = useParams();
  const { data: person, error, refetch } = useQuery(personQuery(id));
  const { data: sources } = useQuery(sourcesQuery);
  const source = sources?.items.find((each) => each.id === person?.source);
  const above = [{ title: t("title"), path: "/people" }];
  if (error !== null && person === undefined) return <Failure error={error} onRetry={refetch} />;
  if (person === undefined) return <Loading />;
  return (
    <Page
      title={person.displayName ?? person.userName}
      tag={<Tag color={person.active ? "success" : "default"}>{t(person.active ? "active.true" : "active.false")}</Tag>}
      above={above}
      actions={
        <>
          {source?.type === "custom" && <CustomPersonActions source={source.id} id={person.id} />}
          <PersonActions person={person} />
        </>
      }
    >
      <Flex vertical gap="middle">
        <Summary person={person} />
        <PersonTargets person={person} />
        <Row gutter={[16, 16]}>
          <Col xs={24} xl={14}>
            <PersonAttributes id={person.id} />
          </Col>
          <Col xs={24} xl={10}>
            <Groups person={person} />
          </Col>
        </Row>
        <PersonHistory id={person.id} />
      </Flex>
    </Page>
  );
}

function Summary({ person }: { readonly person: Person }) {
  const t = useTranslations("people");
  const { data: sources } = useQuery(sourcesQuery);
  const source = sources?.items.find(({ id }) => id === person.source);
  return (
    <Card size="small">
      <Descriptions
        size="small"
        column={{ xs: 1, sm: 2, xl: 3 }}
        items={[
          { key: "userName", label: "userName", children: person.userName },
          { key: "externalId", label: "externalId", children: person.externalId ?? "–" },
          {
            key: "source",
            label: t("source"),
            children: source === undefined ? person.source : <Link to={`/sources/${source.id}`}>{source.name}</Link>,
          },
          { key: "changed", label: t("changed"), children: <At at={person.lastModifiedAt} /> },
          { key: "created", label: t("created"), children: <At at={person.createdAt} /> },
          { key: "id", label: "ID", children: <code>{person.id}</code> },
        ]}
      />
    </Card>
  );
}

function Groups({ person: { groups, source } }: { readonly person: Person }) {
  const t = useTranslations("people");
  return (
    <Card size="small" title={t("groups", { count: groups.length })}>
      <Flex gap={6} wrap>
        {groups.length === 0 && t("noGroups")}
        {groups.map(({ id, displayName, kind, externalId }) => (
          <Tag
            key={id}
            color={kind === "user-group" ? "blue" : "default"}
            title={externalId ?? id}
            style={{ maxWidth: "100%", whiteSpace: "normal", overflowWrap: "anywhere" }}
          >
            {kind === "user-group" ? (
              displayName
            ) : (
              <Link to={`/people?source=${encodeURIComponent(source)}&group=${encodeURIComponent(id)}`}>
                {displayName ?? externalId ?? id}
              </Link>
            )}
          </Tag>
        ))}
      </Flex>
    </Card>
  );
}
