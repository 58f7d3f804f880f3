import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Form } from "antd";
import { Link, useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../../api/client.ts";
import { departmentsQuery } from "../../../api/queries.ts";
import type { Source } from "../../../api/views.ts";
import { Page } from "../../../parts/page.tsx";
import { showRefusal } from "../../../parts/show-refusal.ts";
import { useAction } from "../../../parts/use-action.tsx";
import { useMayChange } from "../../../sign-in/use-session.ts";
import { Basics } from "./basics.tsx";
import { Credentials } from "./credentials.tsx";
import { Mapping } from "./mapping.tsx";
import { Scope } from "./scope.tsx";
import { Safeguards, Sync } from "./sync.tsx";
import { type SourceValues, toPatch, toValues } from "./values.ts";

export function EditSource({ source }: { readonly source: Source }) {
  const t = useTranslations("sourceForm");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const [form] = Form.useForm<SourceValues>();
  const isRead = source.type === "wecom";
  const partial = Form.useWatch(["scope", "mode"], form) === "partial";
  const tree = useQuery({ ...departmentsQuery(source.id), enabled: isRead && partial, retry: false });
  const before = toValues(source);
  const path = `/sources/${encodeURIComponent(source.id)}`;
  const save = useAction({
    run: async (values: SourceValues) => {
      try {
        const json = toPatch({ ...values, type: source.type }, before);
        return await read(api.sources.sources[":id"].$patch({ param: { id: source.id }, json: json as never }));
      } catch (error) {
        showRefusal(form, error);
        throw error;
      }
    },
    refreshes: [["sources"]],
    done: ({ name }) => t("saved", { name }),
    onDone: () => navigate(path),
  });
  return (
    <Page
      title={t("editTitle", { name: source.name })}
      above={[
        { title: t("sources"), path: "/sources" },
        { title: source.name, path },
      ]}
    >
      <Form<SourceValues>
        form={form}
        layout="vertical"
        disabled={!mayChange}
        initialValues={before}
        // With members that the form does not show, which would be cleared otherwise.
        onFinish={() => save.mutate(form.getFieldsValue(true) as SourceValues)}
        style={{ maxWidth: 760 }}
        scrollToFirstError
      >
        <Flex vertical gap="middle">
          <Card title={t("step.basics")}>
            <Basics />
          </Card>
          {isRead ? (
            <>
              <Card title={t("step.credentials")}>
                <Credentials isAuthorized={source.wecom?.authorization !== undefined} />
              </Card>
              <Card title={t("step.mapping")}>
                <Mapping />
              </Card>
              <Card title={t("step.scope")}>
                <Scope departments={tree.isError ? null : tree.data?.items} />
              </Card>
              <Card title={t("step.sync")}>
                <Sync />
              </Card>
            </>
          ) : (
            <Card title={t("safeguards")}>
              <Safeguards />
            </Card>
          )}
        </Flex>
        <Flex gap="small" style={{ marginTop: 16 }}>
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t("save")}
          </Button>
          <Link to={path}>
            <Button disabled={false}>{t("cancel")}</Button>
          </Link>
        </Flex>
      </Form>
    </Page>
  );
}
