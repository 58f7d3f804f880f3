import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Card, Empty, Flex, Segmented, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { useLocale, useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { consentQuery, consentsQuery } from "../../api/provider-queries.ts";
import type { Consent, ConsentSummary, Source } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Ago } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

/** Who agreed that fields of his are seen, what to send to the others, and erasing what one has given. */
export function ConsentCard({ source }: { readonly source: Source }) {
  const t = useTranslations("consent");
  const { data, error, refetch } = useQuery(consentQuery(source.id));
  if (error !== null && data === undefined) return <Failure error={error} onRetry={refetch} />;
  if (data === undefined) return null;
  const isAsked = data.messages !== null;
  const hasAnswers = data.agreed + data.withdrawn > 0;
  // An authorised app has no page of its own to ask on.
  if (!isAsked && !hasAnswers && source.wecom?.authorization !== undefined) return null;
  return (
    <Card title={<h2 style={{ fontSize: 16, margin: 0 }}>{t("title")}</h2>} style={{ marginTop: 16 }}>
      {(isAsked || hasAnswers) && (
        <Typography.Paragraph>
          {t("agreed", { agreed: data.agreed, people: data.people })}{" "}
          {data.withdrawn > 0 && <Tag>{t("withdrawn", { count: data.withdrawn })}</Tag>}
        </Typography.Paragraph>
      )}
      {data.messages === null ? (
        <Typography.Paragraph type="secondary">{t("needsAgent")}</Typography.Paragraph>
      ) : (
        <Invitation url={data.url} authorizeUrl={data.authorizeUrl} messages={data.messages} />
      )}
      {(isAsked || hasAnswers) && <People source={source} />}
    </Card>
  );
}

interface InvitationProps {
  readonly url: string;
  readonly authorizeUrl: string | null;
  readonly messages: NonNullable<ConsentSummary["messages"]>;
}

function Invitation({ url, authorizeUrl, messages }: InvitationProps) {
  const t = useTranslations("consent");
  const locale = useLocale();
  const [language, setLanguage] = useState<"zh" | "en">(locale);
  return (
    <>
      <Typography.Text strong>{t("link")}</Typography.Text>{" "}
      <Typography.Text type="secondary">{t("works")}</Typography.Text>
      <Typography.Paragraph copyable={{ text: url }} code style={{ overflowWrap: "anywhere" }}>
        {url}
      </Typography.Paragraph>
      <Flex gap="small" align="center" wrap style={{ marginBottom: 8 }}>
        <Typography.Text strong>{t("message")}</Typography.Text>
        <Segmented<"zh" | "en">
          size="small"
          aria-label={t("language")}
          value={language}
          onChange={setLanguage}
          options={(["zh", "en"] as const).map((value) => ({ value, label: t(`languages.${value}`) }))}
        />
        {authorizeUrl !== null && (
          <a href={authorizeUrl} target="_blank" rel="noreferrer">
            {t("trusted")}
          </a>
        )}
      </Flex>
      <Typography.Paragraph
        copyable={{ text: messages[language] }}
        lang={language}
        style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}
      >
        {messages[language]}
      </Typography.Paragraph>
    </>
  );
}

function People({ source }: { readonly source: Source }) {
  const t = useTranslations("consent");
  const consents = useInfiniteQuery(consentsQuery(source.id));
  const columns = useColumns(source);
  return (
    <>
      {consents.error !== null && <Failure error={consents.error} onRetry={() => consents.refetch()} />}
      <Table<Consent>
        rowKey="userid"
        size="small"
        loading={consents.isPending}
        dataSource={consents.data?.pages.flatMap(({ items }) => items) ?? []}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Empty description={t("none")} /> }}
      />
      {consents.hasNextPage && (
        <Button onClick={() => consents.fetchNextPage()} loading={consents.isFetchingNextPage} style={{ marginTop: 8 }}>
          {t("more")}
        </Button>
      )}
    </>
  );
}

function useColumns({ id }: Source): TableColumnsType<Consent> {
  const t = useTranslations("consent");
  const mayChange = useMayChange();
  const erase = useAction({
    run: (userid: string) => read(api.consents.sources[":id"].consents[":userid"].$delete({ param: { id, userid } })),
    refreshes: [
      ["sources", id, "consent"],
      ["sources", id, "consents"],
    ],
    done: () => t("erased"),
  });
  return [
    { title: t("who"), dataIndex: "userid" },
    {
      title: t("state"),
      dataIndex: "state",
      render: (state: Consent["state"]) => (
        <Tag color={state === "agreed" ? "success" : "default"}>{t(`states.${state}`)}</Tag>
      ),
    },
    {
      title: t("fields"),
      dataIndex: "fields",
      render: (fields: Consent["fields"]) => fields.map((field) => <Tag key={field}>{field}</Tag>),
    },
    { title: t("agreedAt"), dataIndex: "agreedAt", render: (at: string) => <Ago at={at} /> },
    { title: t("refreshedAt"), dataIndex: "refreshedAt", render: (at: string) => <Ago at={at} /> },
    {
      title: t("withdrawnAt"),
      dataIndex: "withdrawnAt",
      render: (at: string | null) => (at === null ? "–" : <Ago at={at} />),
    },
    {
      title: t("actions"),
      key: "actions",
      render: (_, { userid, state }) =>
        state === "agreed" && (
          <Confirmed danger question={t("eraseQuestion")} onConfirm={() => erase.mutateAsync(userid)}>
            <Button size="small" danger disabled={!mayChange} aria-label={t("eraseOf", { userid })}>
              {t("erase")}
            </Button>
          </Confirmed>
        ),
    },
  ];
}
