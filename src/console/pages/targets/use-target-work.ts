import { useNavigate } from "react-router";
import { useTranslations } from "use-intl";
import { api, read, readAs } from "../../api/client.ts";
import type { Target, Task } from "../../api/views.ts";
import { useAction } from "../../parts/use-action.tsx";

/** What can be done with a target. What makes a task leads to it. */
export function useTargetWork({ id, name }: Target) {
  const t = useTranslations("targets");
  const navigate = useNavigate();
  const param = { id };
  const refreshes = [["targets"], ["target", id], ["tasks"]];
  const toTask = (task: Pick<Task, "id">) => navigate(`/tasks/${task.id}`);
  return {
    test: useAction({
      run: () => read(api.targetActions.targets[":id"].test.$post({ param })),
      refreshes,
    }),
    push: useAction({
      run: () => read(api.targetActions.targets[":id"].push.$post({ param })),
      refreshes,
      onDone: toTask,
    }),
    plan: useAction({
      run: () => read(api.plans.targets[":id"].plan.$post({ param })),
      refreshes,
      onDone: toTask,
    }),
    preview: useAction({
      run: () => read(api.targetChecks.targets[":id"]["match-preview"].$post({ param })),
      refreshes,
      onDone: toTask,
    }),
    verify: useAction({
      run: (json: { readonly repair?: boolean }) =>
        read(api.targetChecks.targets[":id"].verify.$post({ param, json: json as never })),
      refreshes,
      onDone: toTask,
    }),
    enable: useAction({
      run: (status: Target["status"]) =>
        readAs<Target>(api.targets.targets[":id"].$patch({ param, json: { status } as never })),
      refreshes,
      done: ({ status }) => t(status === "enabled" ? "enabled" : "disabled", { name }),
    }),
    pause: useAction({
      run: (reason: string | null) => read(api.targetPause.targets[":id"].pause.$post({ param, json: { reason } })),
      refreshes,
      done: () => t("nowPaused", { name }),
    }),
    resume: useAction({
      run: () => read(api.targetPause.targets[":id"].resume.$post({ param })),
      refreshes,
      done: () => t("resumed", { name }),
    }),
    remove: useAction({
      run: () => read(api.targets.targets[":id"].$delete({ param })) as Promise<unknown>,
      refreshes: [["targets"], ["tasks"]],
      done: () => t("removed", { name }),
      onDone: () => navigate("/targets"),
    }),
  };
}
