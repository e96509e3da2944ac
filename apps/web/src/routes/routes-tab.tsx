import type { RouteMachine, ServiceRouteRow, ServiceRoutes } from "@msec/api-schema";
import { Progress, Select } from "antd";
import { useSearchParams } from "react-router";
import { useApi } from "../api/use-api.js";
import { formatDuration, formatNumber, formatPercent } from "../format/format.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { Copyable } from "../ui/copyable.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { QueryView } from "../ui/query-view.js";
import { StateTag } from "../ui/state-tag.js";
import { ROUTE_TONES, routeState } from "./route-words.js";

const REFRESH_MS = 1_000;

/** Whom calls of one machine to this service go to now, and why. */
export function RoutesTab() {
  const t = useText();
  const { first, second } = useServiceName();
  const [search, setSearch] = useSearchParams();
  const wanted = search.get("machine");
  const input = { params: { first, second }, ...(wanted !== null && { query: { machine: wanted } }) };
  const query = useApi("routes.get", input, { refreshMs: REFRESH_MS });
  return (
    <>
      <MachineChoice
        machines={query.data?.machines ?? []}
        value={wanted ?? query.data?.machine?.name}
        onChange={(machine) => setSearch({ machine }, { replace: true })}
      />
      <QueryView query={query}>
        {({ machine, routes }) => {
          if (machine === null) return <EmptyHint title={t("routes.noMachine")} text={t("routes.noMachineText")} />;
          if (routes === null)
            return <EmptyHint title={t("routes.unknown", { machine: machine.name })} text={t("routes.unknownText")} />;
          return <Routes routes={routes} />;
        }}
      </QueryView>
    </>
  );
}

interface MachineChoiceProps {
  readonly machines: readonly RouteMachine[];
  readonly value: string | undefined;
  readonly onChange: (machine: string) => void;
}

function MachineChoice({ machines, value, onChange }: MachineChoiceProps) {
  const t = useText();
  return (
    <div className="toolbar">
      <span>{t("routes.seenFrom")}</span>
      <Select
        aria-label={t("routes.seenFrom")}
        showSearch
        style={{ minWidth: 200 }}
        {...(value !== undefined && { value })}
        onChange={onChange}
        options={machines.map(({ name, state }) => ({
          value: name,
          label: state === "online" ? name : `${name} · ${t("machineState.away")}`,
        }))}
      />
    </div>
  );
}

function Routes({ routes }: { readonly routes: ServiceRoutes }) {
  const t = useText();
  const phrase = usePhrase();
  const { policy, count, revision, locality, isPartitioned, otherSetsCount, sample } = routes;
  const facts = [
    t("routes.summary", { policy, count, revision }),
    ...(locality === "none" ? [] : [t(`routes.locality.${locality}`)]),
    ...(isPartitioned ? [t("routes.partition", { n: otherSetsCount })] : []),
  ];
  return (
    <>
      <p className="faint">{facts.join(" · ")}</p>
      <DataTable
        name="routes"
        rows={routes.rows}
        rowKey={(row) => row.address}
        columns={useColumns(locality !== "none")}
        plain={routes.rows.length < 20}
        empty={<EmptyHint title={t("routes.none")} text={t("routes.noneText")} />}
      />
      {sample !== null && (
        <p className="faint" style={{ marginTop: 12 }}>
          {t("routes.sample")} {phrase(sample.text)}
        </p>
      )}
    </>
  );
}

function useColumns(isNear: boolean): Column<ServiceRouteRow>[] {
  const t = useText();
  const phrase = usePhrase();
  const near = (row: ServiceRouteRow) =>
    t(`routes.near.${row.nearness === 2 ? "rack" : row.nearness === 1 ? "zone" : "none"}`);
  return [
    {
      key: "address",
      title: t("instance.address"),
      text: (row) => row.address,
      render: (row) => <Copyable value={row.address} />,
      sort: "ascend",
    },
    ...(isNear ? [{ key: "near", title: t("routes.near"), text: near, filter: true }] : []),
    { key: "weight", title: t("instance.weight"), text: (row) => row.weight, numeric: true },
    {
      key: "share",
      title: t("routes.share"),
      text: (row) => row.share,
      render: (row) => <Share row={row} />,
      numeric: true,
    },
    {
      key: "flight",
      title: t("instance.inFlight"),
      text: (row) => row.inFlight,
      render: (row) => formatNumber(row.inFlight),
      numeric: true,
    },
    {
      key: "latency",
      title: t("instance.latency"),
      text: (row) => row.latencyMs,
      render: (row) => (row.latencyMs === 0 ? "–" : formatDuration(row.latencyMs)),
      numeric: true,
    },
    {
      key: "success",
      title: t("instance.success"),
      text: (row) => row.successRatio,
      render: (row) => (row.successRatio === null ? "–" : formatPercent(row.successRatio)),
      numeric: true,
    },
    {
      key: "state",
      title: t("instance.state"),
      text: (row) => t(`routes.state.${routeState(row.state)}`),
      render: (row) => (
        <StateTag tone={ROUTE_TONES[routeState(row.state)]} word={t(`routes.state.${routeState(row.state)}`)} />
      ),
      filter: true,
    },
    { key: "why", title: t("service.why"), text: (row) => phrase(row.why) },
  ];
}

function Share({ row }: { readonly row: ServiceRouteRow }) {
  return (
    <span className="nowrap">
      <Progress percent={Math.round(row.share * 100)} showInfo={false} size="small" style={{ width: 80 }} />{" "}
      {formatPercent(row.share)}
    </span>
  );
}
