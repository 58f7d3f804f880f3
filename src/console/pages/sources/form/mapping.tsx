import { useQuery } from "@tanstack/react-query";
import { Form, Select } from "antd";
import { useTranslations } from "use-intl";
import { mappingsQuery } from "../../../api/queries.ts";

/** Which mapping file makes SCIM resources of what is read. */
export function Mapping() {
  const t = useTranslations("sourceForm");
  const { data, isPending } = useQuery(mappingsQuery);
  const options = (data?.items ?? [])
    .filter(({ active }) => active !== null)
    .map(({ name, active }) => ({ value: name, label: t("mappingVersion", { name, version: active?.version ?? 0 }) }));
  return (
    <Form.Item name="mapping" label={t("mapping")} extra={t("mappingHelp")} rules={[{ required: true }]}>
      <Select loading={isPending} options={options} style={{ maxWidth: 360 }} />
    </Form.Item>
  );
}
