import { Alert, Form, Input, Radio, Tree } from "antd";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { type Department, topmost, toTree } from "./tree.ts";

interface ScopeProps {
  /** Null: the tree could not be read. Undefined: it is not known yet. */
  readonly departments: readonly Department[] | null | undefined;
}

/** Everybody, or chosen departments, each with all below it. */
export function Scope({ departments }: ScopeProps) {
  const t = useTranslations("sourceForm");
  const mode = Form.useWatch(["scope", "mode"]);
  return (
    <>
      <Form.Item name={["scope", "mode"]} label={t("scope")}>
        <Radio.Group
          vertical
          options={(["all", "partial"] as const).map((value) => ({ value, label: t(`scopes.${value}`) }))}
        />
      </Form.Item>
      {mode === "partial" &&
        (departments === null ? (
          <Alert type="warning" showIcon title={t("treeUnread")} />
        ) : (
          <Form.Item
            name={["scope", "departments"]}
            label={t("departments")}
            extra={t("departmentsHelp")}
            rules={[{ required: true, type: "array", min: 1, message: t("departmentsMissing") }]}
          >
            <DepartmentTree departments={departments ?? []} />
          </Form.Item>
        ))}
    </>
  );
}

interface DepartmentTreeProps extends ScopeProps {
  readonly departments: readonly Department[];
  // Given by the form.
  readonly id?: string;
  readonly value?: readonly number[];
  readonly onChange?: (chosen: readonly number[]) => void;
}

function DepartmentTree({ departments, id, value = [], onChange }: DepartmentTreeProps) {
  const t = useTranslations("sourceForm");
  const [search, setSearch] = useState("");
  const tree = useMemo(() => toTree(departments), [departments]);
  const found = useMemo(() => {
    const text = search.trim().toLowerCase();
    return text === ""
      ? []
      : departments.filter(({ name }) => name.toLowerCase().includes(text)).map((each) => each.id);
  }, [departments, search]);
  const unknown = value.filter((chosen) => !departments.some((each) => each.id === chosen));
  return (
    <div id={id}>
      <Input.Search
        allowClear
        aria-label={t("search")}
        placeholder={t("search")}
        onChange={({ target }) => setSearch(target.value)}
        style={{ marginBottom: 8, maxWidth: 360 }}
      />
      {unknown.length > 0 && (
        <Alert type="warning" showIcon title={t("unseen", { ids: unknown.join(", ") })} style={{ marginBottom: 8 }} />
      )}
      <Tree
        key={found.length > 0 ? search : "all"}
        checkable
        selectable={false}
        height={360}
        treeData={tree}
        checkedKeys={[...value]}
        {...(found.length > 0
          ? {
              defaultExpandedKeys: found,
              autoExpandParent: true,
              filterTreeNode: ({ key }) => found.includes(key as number),
            }
          : { defaultExpandedKeys: tree.map(({ key }) => key) })}
        onCheck={(keys) => {
          const chosen = (Array.isArray(keys) ? keys : keys.checked) as number[];
          onChange?.([...unknown, ...topmost(chosen, departments)]);
        }}
      />
    </div>
  );
}
