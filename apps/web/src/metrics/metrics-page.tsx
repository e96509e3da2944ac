import { useText } from "../i18n/use-text.js";
import { ServicePicker } from "../services/service-picker.js";
import { useServiceParam } from "../services/use-service-param.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { Page } from "../ui/page.js";
import { MetricsView } from "./metrics-view.js";

/** Metrics of any service. */
export function MetricsPage() {
  const t = useText();
  const [service, setService] = useServiceParam();
  return (
    <Page
      title={t("nav.metrics")}
      documentTitle={t("nav.metrics")}
      actions={<ServicePicker value={service} onChange={setService} />}
    >
      {service === "" ? (
        <EmptyHint title={t("metrics.chooseService")} />
      ) : (
        <MetricsView key={service} service={service} />
      )}
    </Page>
  );
}
