import type { ServiceSummary } from "@msec/api-schema";
import { Link } from "react-router";
import { useApi } from "../api/use-api.js";
import { formatDuration, formatPercent, formatRate } from "../format/format.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";

/** Is it well: traffic, release, calls, success and latency in one line. */
export function ServiceNumbers({ summary }: { readonly summary: ServiceSummary }) {
  const t = useText();
  const phrase = usePhrase();
  const service = `${summary.first}.${summary.second}`;
  const overview = useApi("overview.get", undefined, { refreshMs: 5000 });
  const releases = useApi("releases.list", { query: { service, status: "succeeded", limit: 1 } });
  const numbers = overview.data?.services.find((each) => each.service === service);
  const release = releases.isPlaceholderData ? undefined : releases.data?.releases[0];
  return (
    <span className="number-line">
      {summary.health !== "well" && <span>{phrase(summary.healthText)}</span>}
      <span>{t("service.inTrafficOf", { n: summary.enabledCount, all: summary.instanceCount })}</span>
      {release && (
        <span>
          {t("service.release")} <Link to={`/releases/${release.releaseId}`}>{release.releaseId}</Link>
        </span>
      )}
      {numbers && numbers.callsPerSec > 0 && (
        <>
          <span>{t("service.calls", { n: formatRate(numbers.callsPerSec) })}</span>
          <span>{t("service.success", { ratio: formatPercent(1 - numbers.failureRatio) })}</span>
          <span>p99 {formatDuration(numbers.p99Ms)}</span>
        </>
      )}
      {summary.port > 0 && <span className="faint">{t("service.portIs", { port: summary.port })}</span>}
      {summary.memo && <span className="faint">{summary.memo}</span>}
    </span>
  );
}
