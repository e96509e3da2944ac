import { useSearchParams } from "react-router";
import { useText } from "../i18n/use-text.js";
import { ServicePicker } from "../services/service-picker.js";
import { Page } from "../ui/page.js";
import { writeFilter } from "./log-filter.js";
import { LogsView } from "./logs-view.js";

/** Logs of all services or of one. */
export function LogsPage() {
  const t = useText();
  const [search, setSearch] = useSearchParams();
  const service = search.get("service") ?? "";
  return (
    <Page
      title={t("nav.logs")}
      documentTitle={t("nav.logs")}
      actions={
        <ServicePicker all value={service} onChange={(next) => setSearch((old) => writeFilter(old, "service", next))} />
      }
    >
      <LogsView service={service} />
    </Page>
  );
}
