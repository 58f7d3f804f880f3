import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { sourcesQuery, targetsQuery } from "../../api/queries.ts";
import type { Task } from "../../api/views.ts";

/** What a task is about: the name of its source, or of its target. */
export function useSubject(): (task: Task) => string {
  const t = useTranslations("tasks");
  const { data: sources } = useQuery(sourcesQuery);
  const { data: targets } = useQuery(targetsQuery);
  return ({ source, endedSource, target, resource }) => {
    const ofSource = sources?.items.find(({ id }) => id === source)?.name ?? endedSource;
    const ofTarget = targets?.items.find(({ id }) => id === target)?.name;
    const name = ofSource ?? ofTarget ?? source ?? target ?? t("everything");
    return resource === null ? name : t("onePerson", { name });
  };
}
