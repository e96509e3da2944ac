import { Result } from "antd";
import { Link, useLocation } from "react-router";
import { useText } from "../i18n/use-text.js";

export function NotFoundPage() {
  const t = useText();
  const { pathname } = useLocation();
  return (
    <Result
      status="404"
      title={t("page.notFound", { path: pathname })}
      extra={<Link to="/">{t("nav.overview")}</Link>}
    />
  );
}
