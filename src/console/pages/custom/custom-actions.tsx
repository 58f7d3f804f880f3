import { DownOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { App, Button, Dropdown } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { customDepartmentsQuery, deleteDepartment } from "../../api/custom-queries.ts";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { DepartmentForm } from "./department-form.tsx";
import { PersonForm } from "./person-form.tsx";

interface CustomActionsProps {
  /** Id of a custom source. */
  readonly source: string;
  /** Id of the department that is looked at. */
  readonly chosen: string | null;
  readonly onGone: () => void;
}

/** What can be written to a custom source: people, departments, and a file of both. */
export function CustomActions({ source, chosen, onGone }: CustomActionsProps) {
  const t = useTranslations("custom");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const { modal } = App.useApp();
  const [shown, setShown] = useState<"person" | "department" | "edit" | null>(null);
  const departments = useQuery(customDepartmentsQuery(source));
  const department = departments.data?.items.find(({ id }) => id === chosen) ?? null;
  const remove = useAction({
    run: (id: string) => deleteDepartment(source, id),
    refreshes: [["custom", source], ["organisation", source], ["people"]],
    done: () => t("departmentRemoved"),
    onDone: onGone,
  });
  const close = () => setShown(null);
  const ask = (id: string, name: string) =>
    modal.confirm({
      title: t("removeDepartment", { name }),
      content: t("removeDepartmentHelp"),
      okButtonProps: { danger: true },
      onOk: () => remove.mutateAsync(id).catch(() => {}),
    });
  return (
    <>
      <Button disabled={!mayChange} onClick={() => navigate(`/sources/${encodeURIComponent(source)}/import`)}>
        {t("import")}
      </Button>
      <Dropdown
        trigger={["click"]}
        disabled={!mayChange}
        menu={{
          items: [
            { key: "new", label: t("newDepartment"), onClick: () => setShown("department") },
            {
              key: "edit",
              label: t("editDepartment"),
              disabled: department === null,
              onClick: () => setShown("edit"),
            },
            {
              key: "remove",
              label: t("deleteDepartment"),
              danger: true,
              disabled: department === null,
              onClick: () => department !== null && ask(department.id, department.name),
            },
          ],
        }}
      >
        <Button icon={<DownOutlined />} iconPlacement="end">
          {t("departmentActions")}
        </Button>
      </Dropdown>
      <Button type="primary" disabled={!mayChange} onClick={() => setShown("person")}>
        {t("newPerson")}
      </Button>
      {shown === "person" && <PersonForm source={source} person={null} onClose={close} />}
      {shown === "department" && <DepartmentForm source={source} department={null} onClose={close} />}
      {shown === "edit" && <DepartmentForm source={source} department={department} onClose={close} />}
    </>
  );
}
