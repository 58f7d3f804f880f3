import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Flex, Form, Input, InputNumber, Switch } from "antd";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { settingsQuery } from "../../api/queries.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { Failure } from "../../parts/failure.tsx";
import { mergePatchOf } from "../../parts/form-values.ts";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { showRefusal } from "../../parts/show-refusal.ts";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

const refreshes = [["settings"]];

/** What holds for all sources and targets. */
export function SettingsPage() {
  const t = useTranslations("settings");
  const { data, error, refetch } = useQuery(settingsQuery);
  return (
    <Page title={t("title")} lead={t("lead")}>
      {error !== null && <Failure error={error} onRetry={refetch} />}
      {data === undefined ? (
        <Loading />
      ) : (
        <Flex vertical gap="middle" style={{ maxWidth: 760 }}>
          <Pause isPaused={data.paused} />
          <Limits before={data} />
        </Flex>
      )}
    </Page>
  );
}

function Pause({ isPaused }: { readonly isPaused: boolean }) {
  const t = useTranslations("settings");
  const mayChange = useMayChange();
  const change = useAction({
    run: (paused: boolean) => read(api.settings.settings.$patch({ json: { paused } as never })),
    refreshes,
    done: ({ paused }) => t(paused ? "nowPaused" : "goesOn"),
  });
  return (
    <Alert
      type={isPaused ? "warning" : "info"}
      showIcon
      title={t(isPaused ? "isPaused" : "isRunning")}
      description={t("pauseHelp")}
      action={
        isPaused ? (
          <Button disabled={!mayChange} loading={change.isPending} onClick={() => change.mutate(false)}>
            {t("resume")}
          </Button>
        ) : (
          <Confirmed danger question={t("pauseQuestion")} onConfirm={() => change.mutateAsync(true)}>
            <Button danger disabled={!mayChange} loading={change.isPending}>
              {t("pause")}
            </Button>
          </Confirmed>
        )
      }
    />
  );
}

type Settings = Awaited<ReturnType<typeof load>>;
const load = () => read(api.settings.settings.$get());

function Limits({ before }: { readonly before: Settings }) {
  const t = useTranslations("settings");
  const mayChange = useMayChange();
  const [form] = Form.useForm();
  const { paused: _paused, ...shown } = before;
  const save = useAction({
    run: async (values: Record<string, unknown>) => {
      const given = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, value === "" ? null : value]),
      );
      try {
        return await read(api.settings.settings.$patch({ json: mergePatchOf(shown, given) as never }));
      } catch (error) {
        showRefusal(form, error);
        throw error;
      }
    },
    refreshes,
    done: () => t("saved"),
  });
  const number = (name: keyof Settings, min: number, max: number, isRequired = true) => (
    <Form.Item
      name={name}
      label={t(`field.${name}`)}
      extra={t(`help.${name}`)}
      rules={isRequired ? [{ required: true, message: t("missing") }] : []}
    >
      <InputNumber min={min} max={max} precision={0} style={{ width: 160 }} />
    </Form.Item>
  );
  return (
    <Form
      form={form}
      layout="vertical"
      disabled={!mayChange}
      initialValues={shown}
      onFinish={(values) => save.mutate(values)}
    >
      <Card>
        {number("maxEnabledSources", 1, 1000)}
        {number("maxCustomSources", 0, 1000)}
        {number("recordRetentionDays", 1, 3650)}
        {number("leaverRetentionDays", 1, 3650)}
        {number("alertAfterHours", 1, 8760, false)}
        <Form.Item
          name="separateApprover"
          label={t("field.separateApprover")}
          extra={t("help.separateApprover")}
          valuePropName="checked"
        >
          <Switch />
        </Form.Item>
        <Form.Item name="metricsToken" label={t("field.metricsToken")} extra={t("help.metricsToken")}>
          <Input.Password autoComplete="off" />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t("save")}
        </Button>
      </Card>
    </Form>
  );
}
