import { Button, Result } from "antd";
import { Link } from "react-router";
import { useTranslations } from "use-intl";

export function NotFound() {
  const t = useTranslations("notFound");
  return (
    <Result
      status="404"
      title={t("title")}
      extra={
        <Link to="/">
          <Button type="primary">{t("home")}</Button>
        </Link>
      }
    />
  );
}
