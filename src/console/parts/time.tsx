import { Tooltip } from "antd";
import { useFormatter, useNow, useTranslations } from "use-intl";

/** A moment, as long ago; the exact time when pointed at. Null: never. */
export function Ago({ at }: { readonly at: string | null | undefined }) {
  const t = useTranslations("common");
  const format = useFormatter();
  const now = useNow({ updateInterval: 10_000 });
  if (at === null || at === undefined) return <>{t("never")}</>;
  const date = new Date(at);
  return (
    <Tooltip title={format.dateTime(date, exactly)}>
      <time dateTime={at} style={{ whiteSpace: "nowrap" }}>
        {format.relativeTime(date, now)}
      </time>
    </Tooltip>
  );
}

/** A moment, exactly. */
export function At({ at }: { readonly at: string | null | undefined }) {
  const format = useFormatter();
  if (at === null || at === undefined) return <>–</>;
  return (
    <time dateTime={at} style={{ whiteSpace: "nowrap" }}>
      {format.dateTime(new Date(at), exactly)}
    </time>
  );
}

const exactly = { dateStyle: "medium", timeStyle: "medium" } as const;
