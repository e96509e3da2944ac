import { Link } from "react-router";
import { useMay } from "../api/session.js";
import { formatDuration } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { useRangeApi } from "../range/use-range.js";
import { Section } from "../ui/page.js";
import { Time } from "../ui/time.js";

const MOST = 6;

/** The last requests that failed, each a way to the reason; nothing when none did. */
export function FailedRequests({ service }: { readonly service: string }) {
  const t = useText();
  const query = useRangeApi(
    "requests.list",
    ({ fromMs, toMs }) => ({ query: { service, failedOnly: true, limit: MOST, fromMs, toMs } }),
    useMay("log:read"),
  );
  const requests = query.data?.requests ?? [];
  if (requests.length === 0) return null;
  return (
    <Section title={t("request.lastFailed")}>
      <ul className="change-list">
        {requests.map((request) => (
          <li key={`${request.requestId} ${request.startedAtMs} ${request.machine}`}>
            <Time atMs={request.startedAtMs} />
            <Link to={`/requests/${request.requestId}`} className="mono">
              {request.requestId}
            </Link>
            <span>{request.method}</span>
            <span className="tone-failing">{request.reason || request.err}</span>
            <span className="faint">
              {request.machine} · {formatDuration(request.costMs)}
              {request.caller && ` · ${t("request.calledBy", { caller: request.caller })}`}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
