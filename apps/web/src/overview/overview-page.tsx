import { Button } from "antd";
import { Link } from "react-router";
import type { ApiOutput } from "../api/api.js";
import { useApi } from "../api/use-api.js";
import { formatDuration, formatPercent, formatRate } from "../format/format.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { HEALTH_ORDER, HealthTag } from "../ui/health.js";
import { Page, Section } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { StateTag } from "../ui/state-tag.js";
import { Stats } from "../ui/stats.js";
import { RecentReleases } from "./recent-releases.js";

type Overview = ApiOutput<"overview.get">;
type ServiceRow = Overview["services"][number];

export function OverviewPage() {
  const t = useText();
  const overview = useApi("overview.get", undefined, { refreshMs: 3000 });
  return (
    <Page
      title={t("nav.overview")}
      documentTitle={t("nav.overview")}
      summary={overview.data && <HealthLine overview={overview.data} />}
    >
      <QueryView query={overview}>{(data) => <OverviewBody overview={data} />}</QueryView>
    </Page>
  );
}

function HealthLine({ overview }: { readonly overview: Overview }) {
  const phrase = usePhrase();
  return (
    <>
      <HealthTag health={overview.health} />
      <span>
        {" · "}
        {phrase(overview.text)}
      </span>
    </>
  );
}

function OverviewBody({ overview }: { readonly overview: Overview }) {
  const t = useText();
  const { callsPerSec, failuresPerSec, machinesOnline, machinesAway, runningReleases } = overview;
  return (
    <>
      <Stats
        items={[
          { label: t("overview.calls"), value: formatRate(callsPerSec), to: "/services" },
          {
            label: t("overview.failures"),
            value: formatRate(failuresPerSec),
            tone: failuresPerSec > 0 ? "failing" : undefined,
            note: failuresPerSec > 0 && callsPerSec > 0 ? formatPercent(failuresPerSec / callsPerSec) : "",
            to: "/services",
          },
          { label: t("overview.machinesOnline"), value: String(machinesOnline), to: "/machines" },
          {
            label: t("overview.machinesAway"),
            value: String(machinesAway),
            tone: machinesAway > 0 ? "failing" : undefined,
            to: "/machines",
          },
          {
            label: t("overview.running"),
            value: String(runningReleases.length),
            tone: runningReleases.length > 0 ? "working" : undefined,
            to: "/releases",
          },
        ]}
      />
      <FirstSteps machines={machinesOnline + machinesAway} />
      {runningReleases.length > 0 && (
        <p className="running-releases">
          {runningReleases.map((releaseId) => (
            <Link key={releaseId} to={`/releases/${releaseId}`}>
              <StateTag tone="working" word={t("overview.runs", { releaseId })} />
            </Link>
          ))}
        </p>
      )}
      {overview.services.length > 0 && (
        <Section title={t("overview.worstFirst")}>
          <ServiceHealthTable services={overview.services} />
        </Section>
      )}
      <RecentReleases />
    </>
  );
}

/** What to do while there is no machine, or no service of one's own. */
function FirstSteps({ machines }: { readonly machines: number }) {
  const t = useText();
  const services = useApi("services.list").data?.services;
  const noMachine = machines === 0;
  if (!services || (!noMachine && services.some((service) => service.kind === "standard"))) return null;
  return (
    <EmptyHint
      title={t(noMachine ? "overview.noMachine" : "overview.noService")}
      text={t(noMachine ? "overview.noMachineText" : "overview.noServiceText")}
      action={
        <Link to={noMachine ? "/machines?add=1" : "/services?add=1"}>
          <Button type="primary">{t(noMachine ? "machines.add" : "services.add")}</Button>
        </Link>
      }
    />
  );
}

function ServiceHealthTable({ services }: { readonly services: ServiceRow[] }) {
  const t = useText();
  const phrase = usePhrase();
  const columns: Column<ServiceRow>[] = [
    {
      key: "health",
      title: t("service.health"),
      text: (row) => HEALTH_ORDER[row.health],
      render: (row) => <HealthTag health={row.health} text={row.text} />,
      sort: "ascend",
      width: 110,
    },
    {
      key: "service",
      title: t("common.service"),
      text: (row) => row.service,
      render: (row) => <Link to={`/services/${row.service.replace(".", "/")}`}>{row.service}</Link>,
    },
    {
      key: "calls",
      title: t("service.callsPerSec"),
      text: (row) => row.callsPerSec,
      render: (row) => formatRate(row.callsPerSec),
      numeric: true,
    },
    {
      key: "failures",
      title: t("service.failureRatio"),
      text: (row) => row.failureRatio,
      render: (row) => <Ratio value={row.failureRatio} />,
      numeric: true,
    },
    {
      key: "p99",
      title: t("service.p99"),
      text: (row) => row.p99Ms,
      render: (row) => formatDuration(row.p99Ms),
      numeric: true,
    },
    {
      key: "why",
      title: t("service.why"),
      text: (row) => phrase(row.text),
      render: (row) => <span className="wrap-anywhere">{phrase(row.text)}</span>,
    },
  ];
  return (
    <DataTable
      name="overview"
      rows={services}
      rowKey={(row) => row.service}
      columns={columns}
      plain={services.length < 10}
      empty="–"
    />
  );
}

function Ratio({ value }: { readonly value: number }) {
  return <span className={value > 0 ? "tone-failing" : ""}>{formatPercent(value)}</span>;
}
