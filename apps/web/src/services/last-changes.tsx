import { Link } from "react-router";
import { useMay } from "../api/session.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { ReleaseStatusTag } from "../releases/release-status.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { Time } from "../ui/time.js";

const MOST = 8;

/** Releases and, for those who may read the audit log, everything else that was done to the service; newest first. */
export function LastChanges({ service }: { readonly service: string }) {
  const t = useText();
  const releases = useApi("releases.list", { query: { service, limit: MOST } }, { refreshMs: 5000 });
  const audit = useApi(
    "audit.list",
    { query: { target: service, limit: MOST } },
    { refreshMs: 10_000, enabled: useMay("audit:read") },
  );
  const changes = [
    ...(releases.data?.releases ?? [])
      .filter((release) => release.service === service)
      .map((release) => ({
        key: release.releaseId,
        atMs: release.startedAtMs ?? release.createdAtMs,
        who: release.author,
        what: (
          <span className="inline-facts">
            <Link to={`/releases/${release.releaseId}`}>{release.releaseId}</Link>
            <ReleaseStatusTag status={release.status} />
            <span>
              {release.pluginTag} · {release.configTag} {release.memo}
            </span>
          </span>
        ),
      })),
    ...(audit.data?.entries ?? [])
      .filter((entry) => entry.target.startsWith(service))
      .map((entry) => ({
        key: `audit ${entry.entryId}`,
        atMs: entry.atMs,
        who: entry.actor,
        what: <span title={entry.action}>{entry.text || entry.action}</span>,
      })),
  ]
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, MOST);
  if (changes.length === 0) return <EmptyHint title={t("service.noChanges")} text={t("service.noChangesText")} />;
  return (
    <ul className="change-list">
      {changes.map((change) => (
        <li key={change.key}>
          <Time atMs={change.atMs} />
          <span className="wrap-anywhere">{change.what}</span>
          <span className="faint">{change.who}</span>
        </li>
      ))}
    </ul>
  );
}
