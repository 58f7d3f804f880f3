import { Alert, Button, Flex } from "antd";
import { useTranslations } from "use-intl";
import type { Target } from "../../api/views.ts";
import { Ago } from "../../parts/time.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { useTargetWork } from "./use-target-work.ts";

/** Why nothing is sent to a target at the moment, and what to do about it. */
export function Trouble({ target }: { readonly target: Target }) {
  const t = useTranslations("targets");
  const mayChange = useMayChange();
  const { enable, verify } = useTargetWork(target);
  const { status, quarantine, verifyFirst, paused } = target;
  return (
    <>
      {status === "disabled" && (
        <Alert
          type="info"
          showIcon
          title={t("isDisabled")}
          description={t("isDisabledHelp")}
          action={
            <Button disabled={!mayChange} loading={enable.isPending} onClick={() => enable.mutate("enabled")}>
              {t("enable")}
            </Button>
          }
        />
      )}
      {quarantine !== null && (
        <Alert
          type="error"
          showIcon
          title={t("quarantineSince")}
          description={
            <Flex vertical>
              <span style={{ overflowWrap: "anywhere" }}>{quarantine.detail}</span>
              <span>
                <code>{quarantine.code}</code> · {t("tries", { count: quarantine.tries })} · {t("since")}{" "}
                <Ago at={quarantine.since} /> · {t("nextTry")} <Ago at={quarantine.nextTryAt} />
              </span>
              <span>{t("quarantineHelp")}</span>
            </Flex>
          }
        />
      )}
      {verifyFirst !== null && (
        <Alert
          type="warning"
          showIcon
          title={t(`verifyFirstBecause.${verifyFirst}`)}
          action={
            <Button disabled={!mayChange} loading={verify.isPending} onClick={() => verify.mutate({})}>
              {t("verify")}
            </Button>
          }
        />
      )}
      {paused !== null && (
        <Alert
          type="warning"
          showIcon
          title={t("isPaused", { by: paused.by })}
          description={
            <>
              {paused.reason} <Ago at={paused.since} />
            </>
          }
        />
      )}
    </>
  );
}
