import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useLocation } from "react-router";
import { useTranslations } from "use-intl";
import { api, read } from "../api/client.ts";
import { settingsQuery } from "../api/queries.ts";
import { useAction } from "../parts/use-action.tsx";
import { useMayChange } from "../sign-in/use-session.ts";

/** Says on each page that nothing runs, and lets it go on. The overview says it among its own. */
export function PausedBanner() {
  const t = useTranslations("shell");
  const overview = useTranslations("overview");
  const { pathname } = useLocation();
  const mayChange = useMayChange();
  // Somebody else may pause, or another browser.
  const { data } = useQuery({ ...settingsQuery, refetchInterval: 15_000 });
  const resume = useAction({
    run: () => read(api.settings.settings.$patch({ json: { paused: false } as never })),
    refreshes: [["settings"]],
    done: () => t("resumed"),
  });
  if (data?.paused !== true || pathname === "/") return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={overview("paused")}
      style={{ marginBottom: 16 }}
      action={
        <Button size="small" disabled={!mayChange} loading={resume.isPending} onClick={() => resume.mutate()}>
          {t("resume")}
        </Button>
      }
    />
  );
}
