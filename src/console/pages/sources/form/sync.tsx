import { Collapse, Flex, Form, InputNumber, Select, Switch } from "antd";
import { useTranslations } from "use-intl";

const hours = Array.from({ length: 24 }, (_, index) => index + 1);

/** When it is read, and what of it is brought by itself. */
export function Sync() {
  const t = useTranslations("sourceForm");
  const automatic = Form.useWatch(["sync", "automatic"]);
  return (
    <>
      <Form.Item name={["sync", "automatic"]} label={t("automatic")} valuePropName="checked" extra={t("automaticHelp")}>
        <Switch />
      </Form.Item>
      <Form.Item name={["sync", "users"]} label={t("users")} valuePropName="checked" extra={t("usersHelp")}>
        <Switch disabled={automatic !== true} />
      </Form.Item>
      <Form.Item name={["sync", "intervalHours"]} label={t("cycle")}>
        <Select
          disabled={automatic !== true}
          style={{ maxWidth: 240 }}
          options={hours.map((value) => ({ value, label: t("everyHours", { hours: value }) }))}
        />
      </Form.Item>
      <Collapse
        ghost
        items={[{ key: "safeguards", label: t("safeguards"), forceRender: true, children: <Safeguards /> }]}
      />
    </>
  );
}

/** How much may go at once before a person has to look. */
export function Safeguards() {
  const t = useTranslations("sourceForm");
  const number = (path: readonly string[], label: string, max?: number) => (
    <Form.Item name={["safeguards", ...path]} label={label} rules={[{ required: true }]}>
      <InputNumber min={0} {...(max !== undefined && { max })} precision={0} style={{ width: 140 }} />
    </Form.Item>
  );
  return (
    <>
      <p>{t("safeguardsHelp")}</p>
      <Flex gap="middle" wrap>
        {number(["maxRemovals", "floor"], t("removalsFloor"))}
        {number(["maxRemovals", "percent"], t("removalsPercent"), 100)}
        {number(["maxRemovals", "count"], t("removalsCount"))}
      </Flex>
      <Flex gap="middle" wrap>
        {number(["maxMemberRemovals", "floor"], t("membersFloor"))}
        {number(["maxMemberRemovals", "percent"], t("membersPercent"), 100)}
        {number(["windowHours"], t("window"))}
      </Flex>
    </>
  );
}
