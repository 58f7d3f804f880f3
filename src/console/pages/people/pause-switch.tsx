import { Switch, Tooltip } from "antd";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Person } from "../../api/views.ts";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

interface PauseSwitchProps {
  readonly person: Person;
  /** Id of a target. */
  readonly target: string;
  readonly name: string;
}

/** Keeps a person's changes back at one target, or lets them go. */
export function PauseSwitch({ person, target, name }: PauseSwitchProps) {
  const t = useTranslations("people");
  const mayChange = useMayChange();
  const pause = person.pauses.find((each) => each.target === target);
  const everywhere = person.pauses.find((each) => each.target === null);
  const param = { id: person.id };
  const change = useAction({
    run: (on: boolean): Promise<unknown> =>
      on
        ? read(api.onePerson.resources[":id"].pause.$post({ param, json: { target } }))
        : read(api.onePerson.resources[":id"].resume.$post({ param, json: { target } })),
    refreshes: [["people"]],
  });
  const because = (everywhere ?? pause)?.reason ?? undefined;
  return (
    <Tooltip title={everywhere === undefined ? because : t("pausedEverywhere")}>
      <Switch
        size="small"
        checked={pause !== undefined || everywhere !== undefined}
        loading={change.isPending}
        disabled={!mayChange || everywhere !== undefined}
        aria-label={t("pauseAt", { name })}
        onChange={(on) => change.mutate(on)}
      />
    </Tooltip>
  );
}
