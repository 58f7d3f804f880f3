import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Card, Flex, Table, type TableColumnsType, Typography } from "antd";
import { useTranslations } from "use-intl";
import { impactOf } from "../../api/schema-queries.ts";
import type { MappingImpact } from "../../api/views.ts";
import { AttributeName } from "../../parts/attribute-name.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Value } from "../../parts/value.tsx";
import { parsed } from "./text-position.ts";

interface ImpactProps {
  readonly name: string;
  readonly text: string;
  /** The text is the draft, or what is in force: then its own file is measured, comments and all. */
  readonly isStored: boolean;
}

/** How many people and groups a text would change at the next sync, here and at each target. */
export function Impact({ name, text, isStored }: ImpactProps) {
  const t = useTranslations("schemas");
  const measure = useMutation({
    mutationFn: () => impactOf(name, isStored ? {} : { mapping: parsed(text) }),
  });
  return (
    <Card
      size="small"
      title={t("impact")}
      extra={
        <Button
          disabled={!isStored && parsed(text) === null}
          loading={measure.isPending}
          onClick={() => measure.mutate()}
        >
          {t("measure")}
        </Button>
      }
    >
      {measure.error !== null && <Failure error={measure.error} />}
      {measure.data === undefined ? (
        <Typography.Text type="secondary">{t("impactHelp")}</Typography.Text>
      ) : (
        <Flex vertical gap="middle">
          {measure.data.sources.length === 0 && t("noSource")}
          {measure.data.sources.map((source) => (
            <OfSource key={source.source} source={source} />
          ))}
        </Flex>
      )}
    </Card>
  );
}

type Source = MappingImpact["sources"][number];
type Attribute = Source["attributes"][number];

function OfSource({ source }: { readonly source: Source }) {
  const t = useTranslations("schemas");
  const { users, groups, held, attributes, problems, leftOut, targets } = source;
  const columns: TableColumnsType<Attribute> = [
    { title: t("attribute"), dataIndex: "attribute", render: (path: string) => <AttributeName path={path} /> },
    { title: t("set"), dataIndex: "set", align: "end" },
    { title: t("changed"), dataIndex: "changed", align: "end" },
    { title: t("cleared"), dataIndex: "cleared", align: "end" },
    {
      title: t("example"),
      key: "example",
      render: (_, { examples: [first] }) =>
        first === undefined ? (
          "–"
        ) : (
          <span>
            {first.displayName ?? first.externalId}: <Value value={first.before} absent="–" /> →{" "}
            <Value value={first.after} absent="–" changed />
          </span>
        ),
    },
  ];
  return (
    <section>
      <Typography.Title level={3} style={{ fontSize: 15 }}>
        {source.name}
      </Typography.Title>
      <p>
        {t("wouldChange", {
          users: users.updated + users.created + users.deactivated + users.reactivated + users.deleted,
          groups: groups.updated + groups.created + groups.deleted,
          unchanged: users.unchanged,
        })}
      </p>
      {held !== null && <Alert type="warning" showIcon title={held} />}
      {[...problems, ...leftOut].map(({ detail, records }) => (
        <Alert key={detail} type="warning" showIcon title={`${detail} (${records})`} style={{ marginBottom: 8 }} />
      ))}
      <Table<Attribute>
        size="small"
        rowKey={({ resourceType, attribute }) => `${resourceType} ${attribute}`}
        dataSource={[...attributes]}
        columns={columns}
        pagination={false}
        scroll={{ x: "max-content" }}
      />
      <ul>
        {targets.map((target) => (
          <li key={target.target}>
            {t("atTarget", { name: target.name, users: target.users, groups: target.groups })}
            {target.held !== null && <Alert type="warning" showIcon title={target.held} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
