import { Typography } from "antd";
import { useNow, useTranslations } from "use-intl";
import { timeLeft } from "./time-left.ts";

/** How long something is still good for, to the second. */
export function Countdown({ until }: { readonly until: string }) {
  const t = useTranslations("authorise");
  const now = useNow({ updateInterval: 1000 });
  const { days, clock } = timeLeft(Date.parse(until) - now.getTime());
  return (
    <Typography.Text type="secondary" role="timer">
      {t("expiresIn", { time: days === 0 ? clock : t("days", { days, clock }) })}
    </Typography.Text>
  );
}
