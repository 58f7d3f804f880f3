import { useQuery } from "@tanstack/react-query";
import { Alert, Card, Empty, Flex, Input, Select, Table, type TableColumnsType, Tag, Typography } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { sourcesQuery } from "../../api/queries.ts";
import { previewOf } from "../../api/schema-queries.ts";
import type { MappingPreview } from "../../api/views.ts";
import { AttributeName } from "../../parts/attribute-name.tsx";
import { Failure } from "../../parts/failure.tsx";
import { useLater } from "../../parts/use-later.ts";
import { Value } from "../../parts/value.tsx";
import { parsed } from "./text-position.ts";

interface PreviewProps {
  readonly name: string;
  /** As it stands in the editor. */
  readonly text: string;
  /** Ids of the sources that use it. */
  readonly usedBy: readonly string[];
}

/** What the text, as it is being written, makes of one member: attribute by attribute, or why there is no value. */
export function Preview({ name, text, usedBy }: PreviewProps) {
  const t = useTranslations("schemas");
  const { data: sources } = useQuery(sourcesQuery);
  const read = (sources?.items ?? []).filter(({ type }) => type === "wecom");
  const [picked, setPicked] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const source = picked ?? usedBy.find((id) => read.some((each) => each.id === id)) ?? read[0]?.id ?? null;
  const userid = useLater(typed.trim());
  const mapping = parsed(useLater(text));
  const isAsked = source !== null && userid !== "" && mapping !== null;
  const preview = useQuery({
    queryKey: ["mappings", name, "preview", source, userid, JSON.stringify(mapping)],
    queryFn: () => previewOf(name, { source, userid, mapping }),
    enabled: isAsked,
    retry: false,
    placeholderData: (before) => before,
  });
  return (
    <Card size="small" title={t("preview")}>
      <Flex vertical gap="small">
        <Flex gap="small" wrap>
          <Select
            aria-label={t("source")}
            value={source}
            onChange={setPicked}
            options={read.map(({ id, name: label }) => ({ value: id, label }))}
            style={{ minWidth: 160 }}
          />
          <Input
            allowClear
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
            aria-label={t("userid")}
            placeholder={t("userid")}
            spellCheck={false}
            style={{ maxWidth: 240 }}
          />
        </Flex>
        {mapping === null && <Alert type="warning" showIcon title={t("noJson")} />}
        {preview.error !== null && isAsked && <Failure error={preview.error} />}
        {preview.data === undefined ? <Empty description={t("previewHelp")} /> : <Attributes preview={preview.data} />}
      </Flex>
    </Card>
  );
}

type Attribute = MappingPreview["attributes"][number];

function Attributes({ preview }: { readonly preview: MappingPreview }) {
  const t = useTranslations("schemas");
  const columns: TableColumnsType<Attribute> = [
    {
      title: t("attribute"),
      key: "attribute",
      render: (_, { attribute, sources }) => (
        <div style={{ maxWidth: 200, overflowWrap: "anywhere" }}>
          <AttributeName path={attribute} />
          <div>
            {sources.map(({ path }) => (
              <Tag key={path} style={{ fontSize: 11 }}>
                {path}
              </Tag>
            ))}
          </div>
        </div>
      ),
    },
    {
      title: t("value"),
      key: "value",
      render: (_, { result, why }) => (
        <Flex vertical>
          <Value value={result} absent="–" />
          {why !== null && (
            <Typography.Text type="secondary" style={{ fontSize: 12, maxWidth: 280 }}>
              {why}
            </Typography.Text>
          )}
        </Flex>
      ),
    },
  ];
  return (
    <>
      {[...preview.problems, ...preview.warnings].map(({ pointer, detail }) => (
        <Alert key={`${pointer} ${detail}`} type="warning" showIcon title={`${pointer} ${detail}`} />
      ))}
      <Table<Attribute>
        size="small"
        rowKey={({ attribute, pointer }) => `${attribute} ${pointer}`}
        dataSource={[...preview.attributes]}
        columns={columns}
        pagination={false}
        scroll={{ y: 480 }}
      />
    </>
  );
}
