import { useInfiniteQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { peopleQuery } from "../../api/people-queries.ts";
import { useLater } from "../../parts/use-later.ts";

interface PickPeopleProps {
  // Given by the form.
  readonly id?: string;
  readonly value?: readonly string[];
  readonly onChange?: (chosen: string[]) => void;
}

/** People of any source, found by name: the server looks, not the browser. */
export function PickPeople({ id, value, onChange }: PickPeopleProps) {
  const t = useTranslations("userGroups");
  const [text, setText] = useState("");
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const q = useLater(text.trim());
  const people = useInfiniteQuery({ ...peopleQuery({ q }), enabled: q !== "" });
  const found = people.data?.pages.flatMap(({ items }) => items) ?? [];
  const labelOf = (each: (typeof found)[number]) => `${each.displayName ?? each.userName} (${each.userName})`;
  const options = found.map((each) => ({ value: each.id, label: labelOf(each) }));
  const chosen = (value ?? []).filter((one) => !options.some((option) => option.value === one));
  return (
    <Select<string[]>
      {...(id !== undefined && { id })}
      mode="multiple"
      aria-label={t("pick")}
      showSearch={{ filterOption: false, onSearch: setText }}
      value={[...(value ?? [])]}
      placeholder={t("pick")}
      loading={people.isFetching}
      notFoundContent={q === "" ? t("typeToFind") : people.isFetching ? "…" : t("nobody")}
      options={[...options, ...chosen.map((one) => ({ value: one, label: names.get(one) ?? one }))]}
      onChange={(ids) => {
        setNames((before) => new Map([...before, ...found.map((each) => [each.id, labelOf(each)] as const)]));
        onChange?.(ids);
      }}
    />
  );
}
