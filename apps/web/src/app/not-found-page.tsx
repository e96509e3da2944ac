import { Link, useLocation } from "react-router";
import { useText } from "../i18n/use-text.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { Page } from "../ui/page.js";

export function NotFoundPage() {
  const t = useText();
  const { pathname } = useLocation();
  const text = t("page.notFound", { path: pathname });
  return (
    <Page title="404" documentTitle={text}>
      <EmptyHint title={text} action={<Link to="/">{t("nav.overview")}</Link>} />
    </Page>
  );
}
