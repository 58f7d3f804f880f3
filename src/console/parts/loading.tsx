import { Flex, Spin } from "antd";
import { useTranslations } from "use-intl";

export function Loading() {
  const t = useTranslations("common");
  return (
    <Flex justify="center" style={{ padding: 48 }} role="status" aria-label={t("loading")}>
      <Spin />
    </Flex>
  );
}
