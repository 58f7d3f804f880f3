import { useQuery } from "@tanstack/react-query";
import { Alert, Collapse, Form, Input, Select, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useTranslations } from "use-intl";
import { profileQuery, profilesQuery } from "../../../api/target-queries.ts";
import type { Profile } from "../../../api/views.ts";
import { Failure } from "../../../parts/failure.tsx";
import { Value } from "../../../parts/value.tsx";

/** Which product it is, and what is known of it: seen in its documentation or source, or only assumed. */
export function Product() {
  const t = useTranslations("targetForm");
  const profiles = useQuery(profilesQuery);
  const chosen: string = Form.useWatch("profile") ?? "generic";
  return (
    <>
      <Form.Item name="profile" label={t("profile")} extra={t("profileHelp")}>
        <Select
          showSearch={{ optionFilterProp: "label" }}
          loading={profiles.isPending}
          options={(profiles.data?.items ?? []).map(({ name, title, problem }) => ({
            ...{ value: name, label: title, disabled: problem !== null },
          }))}
        />
      </Form.Item>
      {profiles.error !== null && <Failure error={profiles.error} onRetry={() => profiles.refetch()} />}
      <Known name={chosen} />
    </>
  );
}

function Known({ name }: { readonly name: string }) {
  const t = useTranslations("targetForm");
  const { data: profile, error } = useQuery(profileQuery(name));
  if (error !== null) return <Failure error={error} />;
  if (profile === undefined) return null;
  const constants = profile.facts.find((fact) => fact.name === "constants")?.value ?? {};
  return (
    <>
      <Typography.Paragraph type="secondary">{profile.description}</Typography.Paragraph>
      <Alert
        type={profile.assumed > profile.verified ? "warning" : "info"}
        showIcon
        title={t("evidence", { verified: profile.verified, assumed: profile.assumed })}
        description={t("neverTried")}
        style={{ marginBottom: 16 }}
      />
      {Object.entries(constants as Readonly<Record<string, { readonly description: string }>>).map(
        ([constant, { description }]) => (
          <Form.Item key={constant} name={["constants", constant]} label={constant} extra={description}>
            <Input autoComplete="off" />
          </Form.Item>
        ),
      )}
      <Collapse
        ghost
        items={[{ key: "facts", label: t("facts"), children: <Facts facts={profile.facts} /> }]}
        style={{ marginBottom: 8 }}
      />
    </>
  );
}

type Fact = Profile["facts"][number];

function Facts({ facts }: { readonly facts: Profile["facts"] }) {
  const t = useTranslations("targetForm");
  const columns: TableColumnsType<Fact> = [
    {
      title: t("fact"),
      key: "fact",
      render: (_, { name, meaning, note }) => (
        <div style={{ maxWidth: 420, overflowWrap: "anywhere" }}>
          <Typography.Text strong>{name}</Typography.Text>
          <div>{meaning}</div>
          {note !== null && (
            <Typography.Text type="secondary" style={{ fontSize: 12 }}>
              {note}
            </Typography.Text>
          )}
        </div>
      ),
    },
    { title: t("value"), dataIndex: "value", render: (value: unknown) => <Value value={value} absent="–" /> },
    {
      title: t("seen"),
      dataIndex: "evidence",
      render: (evidence: Fact["evidence"]) => (
        <Tag color={evidence === "verified" ? "success" : "warning"}>{t(`evidences.${evidence}`)}</Tag>
      ),
    },
  ];
  return (
    <Table<Fact>
      size="small"
      rowKey="name"
      dataSource={facts}
      columns={columns}
      pagination={false}
      scroll={{ x: "max-content", y: 360 }}
    />
  );
}
