import { useTranslations } from "use-intl";
import { api, read } from "../../api/client.ts";
import type { Source } from "../../api/views.ts";
import { useAction } from "../../parts/use-action.tsx";

/** Switches the automatic sync of a source on or off. */
export function useAutomatic({ id }: Source) {
  const t = useTranslations("sources");
  return useAction({
    run: (automatic: boolean) =>
      read(api.sources.sources[":id"].$patch({ param: { id }, json: { sync: { automatic } } })),
    refreshes: [["sources"]],
    done: ({ sync }) => t(sync?.automatic === true ? "automaticOn" : "automaticOff"),
  });
}
