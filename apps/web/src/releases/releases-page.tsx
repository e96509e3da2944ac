import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { Page } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { ReleaseTable } from "./release-table.js";

export function ReleasesPage() {
  const t = useText();
  const releases = useApi("releases.list", { query: { limit: 200 } }, { refreshMs: 3000 });
  return (
    <Page
      title={t("nav.releases")}
      documentTitle={t("nav.releases")}
      summary={<span className="faint">{t("releases.text")}</span>}
    >
      <QueryView query={releases}>{(data) => <ReleaseTable releases={data.releases} showService />}</QueryView>
    </Page>
  );
}
