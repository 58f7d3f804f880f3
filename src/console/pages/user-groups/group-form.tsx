import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Form, Input, Radio } from "antd";
import { Link, useNavigate, useParams } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import { groupQuery } from "../../api/group-queries.ts";
import type { UserGroup } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { showRefusal } from "../../parts/show-refusal.ts";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { FilterPreview } from "./filter-preview.tsx";
import { PickPeople } from "./pick-people.tsx";

/** The form of a user group: of a new one, or of one that is there. */
export function GroupFormPage() {
  const { id } = useParams();
  return id === undefined ? <GroupForm group={null} /> : <Existing id={id} />;
}

function Existing({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery(groupQuery(id));
  if (error !== null && data === undefined) return <Failure error={error} onRetry={refetch} />;
  return data === undefined ? <Loading /> : <GroupForm group={data} />;
}

interface Values {
  readonly displayName?: string;
  readonly kind: "listed" | "dynamic";
  readonly memberFilter?: string;
  readonly members?: readonly string[];
}

function GroupForm({ group }: { readonly group: UserGroup | null }) {
  const t = useTranslations("userGroups");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch("kind", form);
  const filter: string = Form.useWatch("memberFilter", form) ?? "";
  const back = group === null ? "/user-groups" : `/user-groups/${group.id}`;
  const save = useAction({
    run: async (values: Values) => {
      const displayName = values.displayName?.trim() ?? "";
      const isDynamic = values.kind === "dynamic";
      const memberFilter = isDynamic ? (values.memberFilter?.trim() ?? "") : null;
      try {
        if (group === null) {
          const json = isDynamic
            ? { displayName, memberFilter }
            : { displayName, members: [...(values.members ?? [])] };
          return await read(api.groups["user-groups"].$post({ json }));
        }
        const json = { displayName, ...(memberFilter !== group.memberFilter && { memberFilter }) };
        return await read(api.groups["user-groups"][":id"].$patch({ param: { id: group.id }, json }));
      } catch (error) {
        showRefusal(form, error);
        throw error;
      }
    },
    refreshes: [["user-groups"], ...(group === null ? [] : [["user-group", group.id]])],
    done: ({ displayName }) => t("saved", { name: displayName }),
    onDone: ({ id }) => navigate(`/user-groups/${id}`),
  });
  const required = { required: true, message: t("missing") };
  return (
    <Page
      title={group === null ? t("newTitle") : t("editTitle", { name: group.displayName })}
      above={[
        { title: t("title"), path: "/user-groups" },
        ...(group === null ? [] : [{ title: group.displayName, path: back }]),
      ]}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        disabled={!mayChange}
        initialValues={{
          displayName: group?.displayName,
          kind: group?.memberFilter == null ? "listed" : "dynamic",
          memberFilter: group?.memberFilter ?? undefined,
        }}
        onFinish={(values) => save.mutate(values)}
        style={{ maxWidth: 760 }}
      >
        <Card>
          <Form.Item name="displayName" label={t("name")} rules={[required]}>
            <Input maxLength={400} />
          </Form.Item>
          <Form.Item name="kind" label={t("how")}>
            <Radio.Group
              vertical
              options={(["listed", "dynamic"] as const).map((value) => ({ value, label: t(`kinds.${value}`) }))}
            />
          </Form.Item>
          {kind === "dynamic" && (
            <>
              <Form.Item name="memberFilter" label={t("filter")} extra={t("filterHelp")} rules={[required]}>
                <Input.TextArea
                  autoSize={{ minRows: 2, maxRows: 8 }}
                  spellCheck={false}
                  style={{ fontFamily: "monospace" }}
                />
              </Form.Item>
              <FilterPreview filter={filter} />
            </>
          )}
          {kind === "listed" &&
            (group === null ? (
              <Form.Item name="members" label={t("members")}>
                <PickPeople />
              </Form.Item>
            ) : (
              <p>{t("membersOnPage")}</p>
            ))}
        </Card>
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
