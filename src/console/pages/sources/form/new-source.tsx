import { useMutation } from "@tanstack/react-query";
import { Button, Card, Flex, Form, Grid, Steps, Typography } from "antd";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { api, read } from "../../../api/client.ts";
import { Failure } from "../../../parts/failure.tsx";
import { Page } from "../../../parts/page.tsx";
import { showRefusal } from "../../../parts/show-refusal.ts";
import { Tried } from "../../../parts/tried.tsx";
import { useMayChange } from "../../../sign-in/use-session.ts";
import { Access } from "./access.tsx";
import { Basics, CustomHint, Kind } from "./basics.tsx";
import { FirstPlan } from "./first-plan.tsx";
import { Mapping } from "./mapping.tsx";
import { Scope } from "./scope.tsx";
import { Sync } from "./sync.tsx";
import { initialValues, type SourceValues, toBody } from "./values.ts";

type Step = "basics" | "credentials" | "test" | "mapping" | "scope" | "sync" | "confirm";

const stepsOf: Readonly<Record<SourceValues["type"], readonly Step[]>> = {
  wecom: ["basics", "credentials", "test", "mapping", "scope", "sync", "confirm"],
  custom: ["basics", "confirm"],
};

/** In which step a member of the form stands. */
const stepOfMember: Readonly<Record<string, Step>> = {
  wecom: "credentials",
  mapping: "mapping",
  scope: "scope",
  sync: "sync",
  safeguards: "sync",
};

/** Makes a source step by step. Nothing is stored before the last one. */
export function NewSource() {
  const t = useTranslations("sourceForm");
  const { md } = Grid.useBreakpoint();
  const mayChange = useMayChange();
  const [form] = Form.useForm<SourceValues>();
  const [at, setAt] = useState(0);
  const type = Form.useWatch("type", form) ?? "wecom";
  const steps = stepsOf[type];
  const step = steps[at] ?? "basics";
  const values = () => form.getFieldsValue(true) as SourceValues;

  const test = useMutation({
    mutationFn: () =>
      read(
        api.sourceActions.sources.test.$post({ json: toBody({ ...values(), name: values().name ?? "new" }) as never }),
      ),
    onError: (error) => back(error),
  });
  const make = useMutation({
    // It is made quiet: what a first sync would do is planned and looked at before anything runs by itself.
    mutationFn: () => {
      const body = toBody(values());
      const quiet = type === "wecom" ? { sync: { ...values().sync, automatic: false } } : {};
      return read(api.sources.sources.$post({ json: { ...body, ...quiet } as never }));
    },
    onError: (error) => back(error),
  });

  /** To where the server found something wrong. */
  function back(error: unknown): void {
    const member = showRefusal(form, error)?.[0];
    if (member === undefined) return;
    const wrong = stepOfMember[member] ?? "basics";
    if (steps.includes(wrong)) setAt(steps.indexOf(wrong));
  }

  async function forward(): Promise<void> {
    await form.validateFields(fieldsOf[step] as string[][]);
    const next = steps[at + 1];
    if (next === "test") test.mutate();
    if (next === "confirm") make.mutate();
    setAt(at + 1);
  }

  return (
    <Page title={t("newTitle")} above={[{ title: t("sources"), path: "/sources" }]}>
      {md === false ? (
        <Typography.Paragraph strong>
          {t("stepOf", { at: at + 1, all: steps.length, name: t(`step.${step}`) })}
        </Typography.Paragraph>
      ) : (
        <Steps
          current={at}
          size="small"
          items={steps.map((key) => ({ key, title: t(`step.${key}`) }))}
          style={{ marginBottom: 24 }}
        />
      )}
      <Form<SourceValues>
        form={form}
        layout="vertical"
        disabled={!mayChange || make.isSuccess}
        initialValues={initialValues}
        style={{ maxWidth: 760 }}
      >
        <Card>
          <Shown when={step === "basics"}>
            <Kind disabled={false} />
            <Basics />
            {type === "custom" && <CustomHint />}
          </Shown>
          {type === "wecom" && (
            <>
              <Shown when={step === "credentials"}>
                <Access form={form} />
              </Shown>
              {step === "test" && <Tried test={test} onAgain={() => test.mutate()} />}
              <Shown when={step === "mapping"}>
                <Mapping />
              </Shown>
              <Shown when={step === "scope"}>
                <Scope departments={test.data === undefined ? undefined : test.data.departments} />
              </Shown>
              <Shown when={step === "sync"}>
                <Sync />
              </Shown>
            </>
          )}
          {step === "confirm" && (
            <>
              {make.error !== null && <Failure error={make.error} onRetry={() => make.mutate()} />}
              <FirstPlan source={make.data} wanted={values().sync} />
            </>
          )}
        </Card>
        {!make.isSuccess && (
          <Flex gap="small" style={{ marginTop: 16 }}>
            {at > 0 && <Button onClick={() => setAt(at - 1)}>{t("back")}</Button>}
            {step !== "confirm" && (
              <Button
                type="primary"
                loading={test.isPending || make.isPending}
                // Not by the form, which would look at the fields of steps to come as well.
                onClick={() => void forward().catch(() => {})}
              >
                {steps[at + 1] === "confirm" ? t("make") : t("next")}
              </Button>
            )}
          </Flex>
        )}
      </Form>
    </Page>
  );
}

/** Fields of all steps stay in the form; those of one are seen. */
function Shown({ when, children }: { readonly when: boolean; readonly children: ReactNode }) {
  return <div hidden={!when}>{children}</div>;
}

/** Names of the fields of a step, which is what has to be right before it is left. */
const fieldsOf: Readonly<Record<Step, readonly (string | readonly string[])[]>> = {
  basics: ["name", "description", "organization", "namespace"],
  credentials: [
    ...["authorization", "corpId", "agentId", "corpSecret", "contactsSecret", "apiBaseUrl", "proxy"].map((name) => [
      "wecom",
      name,
    ]),
  ],
  test: [],
  mapping: ["mapping"],
  scope: [
    ["scope", "mode"],
    ["scope", "departments"],
  ],
  sync: [
    ...["floor", "percent", "count"].map((name) => ["safeguards", "maxRemovals", name]),
    ...["floor", "percent"].map((name) => ["safeguards", "maxMemberRemovals", name]),
    ["safeguards", "windowHours"],
  ],
  confirm: [],
};
