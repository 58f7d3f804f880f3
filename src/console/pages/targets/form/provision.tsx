import { useQuery } from "@tanstack/react-query";
import { Collapse, Flex, Form, Input, InputNumber, Select, Switch } from "antd";
import { useTranslations } from "use-intl";
import { sourcesQuery } from "../../../api/queries.ts";
import { Safeguards } from "../../sources/form/sync.tsx";

/** Whose people go there, what of them, and what becomes of those who leave. */
export function Provision() {
  const t = useTranslations("targetForm");
  const sources = useQuery(sourcesQuery);
  const removal = Form.useWatch(["provision", "removal"]);
  return (
    <>
      <Form.Item name="sources" label={t("sources")} extra={t("sourcesHelp")}>
        <Select
          mode="multiple"
          loading={sources.isPending}
          options={(sources.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Form.Item>
      <Flex gap="large" wrap>
        {(["users", "groups", "userGroups"] as const).map((what) => (
          <Form.Item key={what} name={["provision", what]} label={t(`provision.${what}`)} valuePropName="checked">
            <Switch />
          </Form.Item>
        ))}
      </Flex>
      <Form.Item name={["provision", "removal"]} label={t("removal")}>
        <Select
          options={(["deactivate", "later", "delete"] as const).map((value) => ({
            value,
            label: t(`removals.${value}`),
          }))}
        />
      </Form.Item>
      {removal === "later" && (
        <Form.Item name={["provision", "days"]} label={t("days")} rules={[{ required: true, message: t("missing") }]}>
          <InputNumber min={1} max={3650} precision={0} />
        </Form.Item>
      )}
      <Collapse
        ghost
        items={[
          { key: "scope", label: t("scope"), forceRender: true, children: <Narrow /> },
          { key: "safeguards", label: t("safeguards"), forceRender: true, children: <Safeguards /> },
          { key: "network", label: t("network"), forceRender: true, children: <Network /> },
        ]}
      />
    </>
  );
}

function Narrow() {
  const t = useTranslations("targetForm");
  return (
    <>
      <p>{t("scopeHelp")}</p>
      <Form.Item name={["scope", "users"]} label={t("scopeUsers")}>
        <Input placeholder={'active eq true and title co "经理"'} spellCheck={false} />
      </Form.Item>
      <Form.Item name={["scope", "groups"]} label={t("scopeGroups")}>
        <Input placeholder={'externalId sw "department:"'} spellCheck={false} />
      </Form.Item>
      <p>{t("matchHelp")}</p>
      <Form.Item name={["match", "users"]} label={t("matchUsers")}>
        <Select mode="tags" />
      </Form.Item>
      <Form.Item name={["match", "groups"]} label={t("matchGroups")}>
        <Select mode="tags" />
      </Form.Item>
    </>
  );
}

function Network() {
  const t = useTranslations("targetForm");
  return (
    <>
      <Flex gap="middle" wrap>
        <Form.Item name={["limits", "concurrency"]} label={t("concurrency")} extra={t("asProfile")}>
          <InputNumber min={1} max={64} precision={0} />
        </Form.Item>
        <Form.Item name={["limits", "requestsPerSecond"]} label={t("requestsPerSecond")} extra={t("zeroIsNone")}>
          <InputNumber min={0} max={10_000} />
        </Form.Item>
        <Form.Item name={["verify", "everyHours"]} label={t("verifyEvery")} extra={t("verifyHelp")}>
          <InputNumber min={1} max={720} precision={0} />
        </Form.Item>
        <Form.Item name={["verify", "repair"]} label={t("repair")} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Flex>
      <Form.Item name="proxy" label={t("proxy")}>
        <Input placeholder="http://proxy.example.com:3128" autoComplete="off" />
      </Form.Item>
      <Form.Item name="ca" label={t("ca")} extra={t("caHelp")}>
        <Input.TextArea autoSize={{ minRows: 2, maxRows: 8 }} spellCheck={false} style={{ fontFamily: "monospace" }} />
      </Form.Item>
    </>
  );
}
