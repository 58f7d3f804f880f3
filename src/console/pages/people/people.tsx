import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Card, Col, Empty, Flex, Input, Row, Select, Typography } from "antd";
import { Link } from "react-router";
import { useFormatter, useTranslations } from "use-intl";
import { peopleQuery } from "../../api/people-queries.ts";
import { sourcesQuery } from "../../api/queries.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { CustomActions } from "../custom/custom-actions.tsx";
import { Organisation } from "./organisation.tsx";
import { PeopleTable } from "./people-table.tsx";
import { useFilter } from "./use-filter.ts";

/** The employee center: the organisation at the left, who is in it at the right. */
export function People() {
  const t = useTranslations("people");
  const format = useFormatter();
  const [filter, change] = useFilter();
  const sources = useQuery(sourcesQuery);
  const people = useInfiniteQuery(peopleQuery(filter));
  if (sources.data === undefined) return <Loading />;
  const { items: known } = sources.data;
  if (known.length === 0) {
    return (
      <Page title={t("title")} lead={t("lead")}>
        <Empty description={t("noSource")}>
          <Link to="/sources/new">{t("connect")}</Link>
        </Empty>
      </Page>
    );
  }
  const source = known.find(({ id, name }) => id === filter.source || name === filter.source) ?? null;
  const shownTree = source ?? (known.length === 1 ? (known[0] ?? null) : null);
  const total = people.data?.pages[0]?.total;
  const actions = shownTree?.type === "custom" && (
    <CustomActions source={shownTree.id} chosen={filter.group ?? null} onGone={() => change({ group: undefined })} />
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={actions}>
      <Row gutter={[16, 16]}>
        <Col xs={24} lg={8} xxl={6}>
          <Card size="small" title={t("organisation")}>
            {known.length > 1 && (
              <Select
                allowClear
                aria-label={t("source")}
                placeholder={t("allSources")}
                value={source?.id ?? null}
                options={known.map(({ id, name }) => ({ value: id, label: name }))}
                onChange={(id: string | undefined) => change({ source: id, group: undefined })}
                style={{ width: "100%", marginBottom: 12 }}
              />
            )}
            {shownTree === null ? (
              <Typography.Text type="secondary">{t("chooseSource")}</Typography.Text>
            ) : (
              <Organisation
                key={shownTree.id}
                source={shownTree.id}
                chosen={filter.group ?? null}
                onChoose={(group) => change({ group: group ?? undefined })}
              />
            )}
          </Card>
        </Col>
        <Col xs={24} lg={16} xxl={18}>
          <Flex gap="small" wrap align="center" style={{ marginBottom: 12 }}>
            <Input.Search
              allowClear
              key={filter.q ?? ""}
              defaultValue={filter.q ?? ""}
              aria-label={t("search")}
              placeholder={t("search")}
              onSearch={(text) => change({ q: text.trim() })}
              style={{ maxWidth: 320 }}
            />
            <Select
              allowClear
              aria-label={t("status")}
              placeholder={t("status")}
              value={filter.active ?? null}
              style={{ width: 130 }}
              onChange={(active: string | undefined) => change({ active })}
              options={(["true", "false"] as const).map((value) => ({ value, label: t(`active.${value}`) }))}
            />
            {total !== undefined && (
              <Typography.Text type="secondary" role="status">
                {t("total", { count: format.number(total) })}
              </Typography.Text>
            )}
          </Flex>
          {people.error !== null && <Failure error={people.error} onRetry={() => people.refetch()} />}
          <PeopleTable
            sources={known}
            items={people.data?.pages.flatMap(({ items }) => items) ?? []}
            isPending={people.isPending}
            hasMore={people.hasNextPage}
            onMore={() => {
              if (!people.isFetchingNextPage) people.fetchNextPage().catch(() => {});
            }}
          />
        </Col>
      </Row>
    </Page>
  );
}
