import { Button, Flex } from "antd";
import { useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Person } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

/** What can be done with one person: pushed now, kept back at all targets, let go again. */
export function PersonActions({ person: { id, pauses } }: { readonly person: Person }) {
  const t = useTranslations("people");
  const mayChange = useMayChange();
  const navigate = useNavigate();
  const param = { id };
  const provision = useAction({
    run: () => read(api.onePerson.resources[":id"].provision.$post({ param, json: {} })),
    refreshes: [["people"], ["tasks"]],
    onDone: (task) => navigate(`/tasks/${task.id}`),
  });
  const isPaused = pauses.some(({ target }) => target === null);
  const pause = useAction({
    run: () => read(api.onePerson.resources[":id"].pause.$post({ param, json: {} })),
    refreshes: [["people"]],
    done: () => t("paused"),
  });
  const resume = useAction({
    run: () => read(api.onePerson.resources[":id"].resume.$post({ param, json: {} })),
    refreshes: [["people"], ["tasks"]],
    done: () => t("resumed"),
  });
  return (
    <Flex gap="small" wrap>
      <Button
        type="primary"
        disabled={!mayChange || isPaused}
        loading={provision.isPending}
        onClick={() => provision.mutate()}
      >
        {t("provision")}
      </Button>
      {isPaused ? (
        <Button disabled={!mayChange} loading={resume.isPending} onClick={() => resume.mutate()}>
          {t("resume")}
        </Button>
      ) : (
        <Confirmed question={t("pauseQuestion")} onConfirm={() => pause.mutateAsync()}>
          <Button disabled={!mayChange} loading={pause.isPending}>
            {t("pauseAll")}
          </Button>
        </Confirmed>
      )}
    </Flex>
  );
}
