import { Tag } from "antd";
import { useTranslations } from "use-intl";
import type { Authorization } from "../../api/views.ts";

const colours: Readonly<Record<Authorization["state"], string>> = {
  waiting: "processing",
  authorised: "success",
  expired: "default",
  failed: "error",
  cancelled: "warning",
};

/** What has become of a QR code or a link. */
export function AuthorizationState({ state }: { readonly state: Authorization["state"] }) {
  const t = useTranslations("authorise");
  return <Tag color={colours[state]}>{t(`states.${state}`)}</Tag>;
}
