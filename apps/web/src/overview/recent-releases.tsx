import { Link } from "react-router";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { ReleaseStatusTag } from "../releases/release-status.js";
import { Section } from "../ui/page.js";
import { Time } from "../ui/time.js";

/** What changed last, anywhere. */
export function RecentReleases() {
  const t = useText();
  const releases = useApi("releases.list", { query: { limit: 6 } }, { refreshMs: 5000 }).data?.releases ?? [];
  if (releases.length === 0) return null;
  return (
    <Section title={t("overview.lastReleases")} extra={<Link to="/releases">{t("common.all")}</Link>}>
      <ul className="change-list">
        {releases.map((release) => (
          <li key={release.releaseId}>
            <Time atMs={release.startedAtMs ?? release.createdAtMs} />
            <Link to={`/releases/${release.releaseId}`}>{release.releaseId}</Link>
            <span>{release.service}</span>
            <ReleaseStatusTag status={release.status} />
            <span className="faint">
              {release.author} · {release.pluginTag} · {release.configTag} {release.memo}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
