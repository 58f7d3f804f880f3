import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Form, Input, Typography } from "antd";
import { Link, useNavigate, useParams } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../../api/client.ts";
import { ApiProblem } from "../../../api/problem.ts";
import { providerQuery } from "../../../api/provider-queries.ts";
import type { Provider } from "../../../api/views.ts";
import { Failure } from "../../../parts/failure.tsx";
import { Loading } from "../../../parts/loading.tsx";
import { Page } from "../../../parts/page.tsx";
import { useAction } from "../../../parts/use-action.tsx";
import { useMayChange } from "../../../sign-in/use-session.ts";
import { TemplateFields } from "./template-fields.tsx";
import { type ProviderValues, placeInForm, toProviderBody, toProviderPatch, toProviderValues } from "./values.ts";

/** The form of a service provider: of a new one, or of one that is there. */
export function ProviderFormPage() {
  const { id } = useParams();
  return id === undefined ? <ProviderForm provider={null} /> : <Existing id={id} />;
}

function Existing({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery({ ...providerQuery(id), refetchInterval: false });
  if (error !== null && data === undefined) return <Failure error={error} onRetry={refetch} />;
  return data === undefined ? <Loading /> : <ProviderForm provider={data} />;
}

const fresh: ProviderValues = { templates: [{ kind: "customised" }] };

function ProviderForm({ provider }: { readonly provider: Provider | null }) {
  const t = useTranslations("providerForm");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const [form] = Form.useForm<ProviderValues>();
  const before = provider === null ? fresh : toProviderValues(provider);
  const back = provider === null ? "/providers" : `/providers/${provider.id}`;
  const save = useAction({
    run: async (values: ProviderValues) => {
      try {
        if (provider === null) {
          return await read(api.providers.providers.$post({ json: toProviderBody(values) as never }));
        }
        const json = toProviderPatch(values, before) as never;
        return await read(api.providers.providers[":id"].$patch({ param: { id: provider.id }, json }));
      } catch (error) {
        if (error instanceof ApiProblem) form.setFields(placed(error, values) as never);
        throw error;
      }
    },
    refreshes: [["providers"]],
    done: ({ name }) => t("saved", { name }),
    onDone: ({ id }) => navigate(`/providers/${id}`),
  });
  return (
    <Page
      title={provider === null ? t("newTitle") : t("editTitle", { name: provider.name })}
      lead={t("lead")}
      above={[
        { title: t("providers"), path: "/providers" },
        ...(provider === null ? [] : [{ title: provider.name, path: back }]),
      ]}
    >
      <Form<ProviderValues>
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
            <Fields />
          </Card>
          <Card title={t("templates")}>
            <TemplateFields stored={new Set(Object.keys(provider?.templates ?? {}))} />
          </Card>
          <Card title={t("network")}>
            <Network />
          </Card>
        </Flex>
        <Flex gap="small" style={{ marginTop: 16 }}>
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t("save")}
          </Button>
          <Link to={back}>
            <Button disabled={false}>{t("cancel")}</Button>
          </Link>
        </Flex>
      </Form>
    </Page>
  );
}

function Fields() {
  const t = useTranslations("providerForm");
  const required = { required: true, message: t("missing") };
  return (
    <>
      <Form.Item
        name="name"
        label={t("name")}
        extra={t("nameRule")}
        rules={[required, { pattern: /^[\p{Script=Han}A-Za-z0-9_-]{2,100}$/u, message: t("nameRule") }]}
      >
        <Input maxLength={100} />
      </Form.Item>
      <Form.Item
        name="corpId"
        label={t("corpId")}
        rules={[required, { pattern: /^\s*[A-Za-z0-9_-]{1,64}\s*$/, message: t("corpIdRule") }]}
      >
        <Input spellCheck={false} autoComplete="off" />
      </Form.Item>
      <Form.Item name="providerSecret" label={t("providerSecret")} extra={t("providerSecretHelp")} rules={[required]}>
        <Input.Password autoComplete="off" />
      </Form.Item>
    </>
  );
}

function Network() {
  const t = useTranslations("providerForm");
  return (
    <>
      <Typography.Paragraph type="secondary">{t("addressHelp")}</Typography.Paragraph>
      <Form.Item name="apiBaseUrl" label={t("apiBaseUrl")}>
        <Input placeholder="https://qyapi.weixin.qq.com" />
      </Form.Item>
      <Form.Item name="installBaseUrl" label={t("installBaseUrl")}>
        <Input placeholder="https://open.work.weixin.qq.com" />
      </Form.Item>
      <Form.Item name="proxy" label={t("proxy")} extra={t("proxyHelp")}>
        <Input placeholder="http://user:password@proxy.example.com:3128" autoComplete="off" />
      </Form.Item>
    </>
  );
}

/** What the server says of each member, beside its field. */
function placed({ errors }: ApiProblem, values: ProviderValues) {
  return errors.flatMap(({ pointer, detail }) =>
    pointer === undefined || pointer === ""
      ? []
      : [{ name: placeInForm(pointer.slice(1).split("/"), values), errors: [detail] }],
  );
}
