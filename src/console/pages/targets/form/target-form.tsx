import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Flex, Form, Input } from "antd";
import { Link, useNavigate, useParams } from "react-router";
import { useTranslations } from "use-intl";
import { api, read, readAs } from "../../../api/client.ts";
import { targetQuery } from "../../../api/target-queries.ts";
import type { Target } from "../../../api/views.ts";
import { Failure } from "../../../parts/failure.tsx";
import { Loading } from "../../../parts/loading.tsx";
import { Page } from "../../../parts/page.tsx";
import { showRefusal } from "../../../parts/show-refusal.ts";
import { Tried } from "../../../parts/tried.tsx";
import { useAction } from "../../../parts/use-action.tsx";
import { useMayChange } from "../../../sign-in/use-session.ts";
import { Address } from "./address.tsx";
import { Product } from "./product.tsx";
import { Provision } from "./provision.tsx";
import { freshTarget, type TargetValues, toTargetBody, toTargetPatch, toTargetValues } from "./values.ts";

/** The form of a target: of a new one, or of one that is there. */
export function TargetFormPage() {
  const { id } = useParams();
  return id === undefined ? <TargetForm target={null} /> : <Existing id={id} />;
}

function Existing({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery({ ...targetQuery(id), refetchInterval: false });
  if (error !== null && data === undefined) return <Failure error={error} onRetry={refetch} />;
  return data === undefined ? <Loading /> : <TargetForm target={data} />;
}

function TargetForm({ target }: { readonly target: Target | null }) {
  const t = useTranslations("targetForm");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const [form] = Form.useForm<TargetValues>();
  const before = target === null ? freshTarget : toTargetValues(target);
  const back = target === null ? "/targets" : `/targets/${target.id}`;
  const refuse = (error: unknown) => showRefusal(form, error);
  const test = useMutation({
    mutationFn: async () => {
      const values = await form.validateFields().catch(() => form.getFieldsValue(true));
      const body = { ...toTargetBody({ ...before, ...values }), name: values.name?.trim() || "new-target" };
      return read(api.targetActions.targets.test.$post({ json: body as never }));
    },
    onError: refuse,
  });
  const save = useAction({
    run: async (values: TargetValues) => {
      try {
        if (target !== null) {
          const json = toTargetPatch(values, before) as never;
          return await readAs<Target>(api.targets.targets[":id"].$patch({ param: { id: target.id }, json }));
        }
        // Made at rest: what a first push would do is looked at before anything is sent.
        const json = { ...toTargetBody(values), status: "disabled" } as never;
        return await readAs<Target>(api.targets.targets.$post({ json }));
      } catch (error) {
        refuse(error);
        throw error;
      }
    },
    refreshes: [["targets"], ...(target === null ? [] : [["target", target.id]])],
    done: ({ name }) => t("saved", { name }),
    onDone: ({ id }) => navigate(`/targets/${id}`),
  });
  return (
    <Page
      title={target === null ? t("newTitle") : t("editTitle", { name: target.name })}
      lead={target === null ? t("lead") : undefined}
      above={[
        { title: t("targets"), path: "/targets" },
        ...(target === null ? [] : [{ title: target.name, path: back }]),
      ]}
    >
      <Form<TargetValues>
        form={form}
        layout="vertical"
        disabled={!mayChange}
        initialValues={before}
        onFinish={(values) => save.mutate(values)}
        style={{ maxWidth: 760 }}
        scrollToFirstError
      >
        <Flex vertical gap="middle">
          <Card>
            <Form.Item
              name="name"
              label={t("name")}
              extra={t("nameRule")}
              rules={[
                { required: true, message: t("missing") },
                { pattern: /^[\p{Script=Han}A-Za-z0-9_-]{2,100}$/u, message: t("nameRule") },
              ]}
            >
              <Input maxLength={100} />
            </Form.Item>
            <Product />
          </Card>
          <Card title={t("connection")}>
            <Address stored={target?.baseUrl ?? null} />
            {target === null ? (
              (test.data !== undefined || test.isPending || test.error !== null) && (
                <Tried test={test} onAgain={() => test.mutate()} />
              )
            ) : (
              <Alert type="info" showIcon title={t("testOnPage")} />
            )}
          </Card>
          <Card title={t("what")}>
            <Provision />
          </Card>
        </Flex>
        <Flex gap="small" wrap style={{ marginTop: 16 }}>
          {target === null && (
            <Button loading={test.isPending} onClick={() => test.mutate()}>
              {t("test")}
            </Button>
          )}
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {target === null ? t("make") : t("save")}
          </Button>
          <Link to={back}>
            <Button disabled={false}>{t("cancel")}</Button>
          </Link>
        </Flex>
      </Form>
    </Page>
  );
}
