import type { Release } from "@msec/api-schema";
import { Progress } from "antd";
import { Link, useParams } from "react-router";
import { useApi } from "../api/use-api.js";
import { formatDuration } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { Facts } from "../ui/facts.js";
import { Page, Section } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { Time } from "../ui/time.js";
import { ReleaseActions } from "./release-actions.js";
import { finishedTargets, isMoving, ReleaseStatusTag } from "./release-status.js";
import { TargetTable } from "./target-table.js";

const WATCH_MS = 700;
const IDLE_MS = 5000;

/** What happens on each machine, live; the address brings it back after a reload. */
export function ReleasePage() {
  const t = useText();
  const { releaseId = "" } = useParams();
  const query = useApi(
    "releases.get",
    { params: { releaseId } },
    { refreshMs: (release) => (isMoving(release) ? WATCH_MS : IDLE_MS) },
  );
  const release = query.data;
  const [first = "", second = ""] = release?.service.split(".") ?? [];
  return (
    <Page
      title={releaseId}
      documentTitle={releaseId}
      trail={[
        { text: t("nav.releases"), to: "/releases" },
        ...(release ? [{ text: release.service, to: `/services/${first}/${second}/releases` }] : []),
        { text: releaseId },
      ]}
      actions={release && <ReleaseActions release={release} />}
      summary={release && <Verdict release={release} />}
    >
      <QueryView query={query}>{(data) => <ReleaseBody release={data} />}</QueryView>
    </Page>
  );
}

function Verdict({ release }: { readonly release: Release }) {
  const t = useText();
  const failed = release.targets.find((target) => target.error !== null);
  const done = release.targets.filter((target) => target.status === "succeeded").length;
  return (
    <>
      <ReleaseStatusTag status={release.status} />
      <span>
        {" · "}
        {t("release.onMachines", { n: done, all: release.targets.length })}
      </span>
      {failed && (
        <span className="tone-failing">
          {" "}
          · {failed.address}: {failed.error}
        </span>
      )}
    </>
  );
}

function ReleaseBody({ release }: { readonly release: Release }) {
  const t = useText();
  const [first, second] = release.service.split(".");
  const base = `/services/${first}/${second}`;
  const ended = finishedTargets(release);
  return (
    <>
      {isMoving(release) && (
        <Progress percent={Math.round((ended / Math.max(1, release.targets.length)) * 100)} status="active" />
      )}
      <Facts
        items={[
          [
            t("common.service"),
            <Link key="service" to={base}>
              {release.service}
            </Link>,
          ],
          [
            t("release.plugin"),
            <Link key="plugin" to={`${base}/plugins`}>
              {release.pluginTag}
            </Link>,
          ],
          [
            t("release.config"),
            <Link key="config" to={`${base}/config?tag=${release.configTag}`}>
              {release.configTag}
            </Link>,
          ],
          [
            t("release.idl"),
            release.idlTag ? (
              <Link key="idl" to={`${base}/interface?tag=${release.idlTag}`}>
                {release.idlTag}
              </Link>
            ) : (
              "–"
            ),
          ],
          [t("common.author"), release.author],
          [t("common.created"), <Time key="created" atMs={release.createdAtMs} />],
          [t("release.started"), <Time key="started" atMs={release.startedAtMs} />],
          [
            t("release.took"),
            formatDuration(
              release.startedAtMs !== null && release.endedAtMs !== null
                ? release.endedAtMs - release.startedAtMs
                : null,
            ),
          ],
          [t("common.memo"), release.memo || "–"],
        ]}
      />
      <Section title={t("release.machines")}>
        <TargetTable release={release} />
      </Section>
    </>
  );
}
