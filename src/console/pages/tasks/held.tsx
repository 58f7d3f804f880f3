import { Alert, Button, Flex } from "antd";
import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Task } from "../../api/views.ts";
import { Confirmed } from "../../parts/confirmed.tsx";
import { At } from "../../parts/time.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";

/** Why a task waits for a person, and the person's decision on all of it. Single ones are decided in the records below. */
export function Held({ task }: { readonly task: Task }) {
  const t = useTranslations("held");
  const mayChange = useMayChange();
  const approve = useAction({
    run: () => read(api.tasks["sync-tasks"][":id"].approve.$post({ param: { id: task.id }, json: {} })),
    refreshes: [["tasks"], ["sources"]],
    done: () => t("approved"),
  });
  const cancel = useAction({
    run: () => read(api.tasks["sync-tasks"][":id"].cancel.$post({ param: { id: task.id } })),
    refreshes: [["tasks"], ["sources"]],
    done: () => t("dropped"),
  });
  const { hold } = task;
  if (hold === null) return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={hold.reason}
      description={
        <Flex vertical gap="small" align="start">
          <span>
            {t("counts", hold.removals)}
            {hold.identities !== undefined && ` ${t("identities", hold.identities)}`}
          </span>
          <span>
            {t("expires")} <At at={hold.expiresAt} />
          </span>
          <Flex gap="small" wrap>
            <Confirmed danger question={t("approveQuestion")} onConfirm={() => approve.mutateAsync()}>
              <Button type="primary" danger disabled={!mayChange} loading={approve.isPending}>
                {t("approve")}
              </Button>
            </Confirmed>
            <Confirmed question={t("cancelQuestion")} onConfirm={() => cancel.mutateAsync()}>
              <Button disabled={!mayChange} loading={cancel.isPending}>
                {t("cancel")}
              </Button>
            </Confirmed>
          </Flex>
        </Flex>
      }
    />
  );
}
