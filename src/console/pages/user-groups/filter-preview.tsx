import { useQuery } from "@tanstack/react-query";
import { Alert, Flex, Tag, Typography } from "antd";
import { useTranslations } from "use-intl";
import { filterPreviewQuery } from "../../api/group-queries.ts";
import { useProblemText } from "../../parts/problem-text.ts";
import { useLater } from "../../parts/use-later.ts";

/** Whom a filter finds now, as the server says, some moments after the last key. */
export function FilterPreview({ filter }: { readonly filter: string }) {
  const t = useTranslations("userGroups");
  const textOf = useProblemText();
  const asked = useLater(filter.trim());
  const { data, error } = useQuery({ ...filterPreviewQuery(asked), enabled: asked !== "" });
  if (asked === "") return null;
  if (error !== null) return <Alert type="error" showIcon title={textOf(error)} />;
  if (data === undefined) return null;
  return (
    <Flex vertical gap="small" role="status">
      <Typography.Text strong>{t("finds", { count: data.total })}</Typography.Text>
      {data.warning !== null && <Alert type="warning" showIcon title={data.warning} />}
      <Flex gap={4} wrap>
        {data.items.map(({ id, displayName, userName }) => (
          <Tag key={id}>{displayName ?? userName}</Tag>
        ))}
        {data.total > data.items.length && <Tag>…</Tag>}
      </Flex>
    </Flex>
  );
}
