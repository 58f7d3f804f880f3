import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { customUserQuery, deleteUser } from "../../api/custom-queries.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { PersonForm } from "./person-form.tsx";

interface CustomPersonActionsProps {
  readonly source: string;
  readonly id: string;
}

/** Editing and deleting a person of a custom source. */
export function CustomPersonActions({ source, id }: CustomPersonActionsProps) {
  const t = useTranslations("custom");
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const [isOpen, setOpen] = useState(false);
  const { data: person } = useQuery({ ...customUserQuery(source, id), enabled: isOpen, staleTime: 0 });
  const remove = useAction({
    run: () => deleteUser(source, id),
    refreshes: [
      ["custom", source],
      ["organisation", source],
    ],
    done: () => t("removed"),
    onDone: () => navigate("/people"),
  });
  return (
    <>
      <Button disabled={!mayChange} loading={isOpen && person === undefined} onClick={() => setOpen(true)}>
        {t("edit")}
      </Button>
      <Confirmed danger question={t("removeQuestion")} onConfirm={() => remove.mutateAsync()}>
        <Button danger disabled={!mayChange} loading={remove.isPending}>
          {t("remove")}
        </Button>
      </Confirmed>
      {isOpen && person !== undefined && <PersonForm source={source} person={person} onClose={() => setOpen(false)} />}
    </>
  );
}
