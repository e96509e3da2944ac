import { Link } from "react-router";
import { useApi } from "../api/use-api.js";
import { formatCompact } from "../format/format.js";
import { CallGraph, type GraphEdge, type GraphNode } from "../graph/call-graph.js";
import { type Translate, useText } from "../i18n/use-text.js";
import { InstanceTable } from "../instances/instance-table.js";
import { CallCharts } from "../metrics/call-charts.js";
import { RangeControl } from "../range/range-control.js";
import { useRangeApi } from "../range/use-range.js";
import { FailedRequests } from "../requests/failed-requests.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { Section } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { LastChanges } from "./last-changes.js";
import { type Neighbours, readNeighbours } from "./neighbours.js";
import { useServiceName } from "./use-service.js";

/** Is it well, since when, what changed. */
export function ServiceOverview() {
  const t = useText();
  const { first, second, service } = useServiceName();
  const instances = useApi("instances.list", { params: { first, second } }, { refreshMs: 3000 });
  return (
    <>
      <div className="toolbar">
        <RangeControl />
      </div>
      <CallCharts service={service} />
      <div className="columns">
        <Section title={t("service.neighbours")}>
          <NeighbourGraph service={service} />
        </Section>
        <Section title={t("service.lastChanges")}>
          <LastChanges service={service} />
        </Section>
      </div>
      <FailedRequests service={service} />
      <Section
        title={t("tab.instances")}
        extra={<Link to={`/services/${first}/${second}/instances`}>{t("common.details")}</Link>}
      >
        <QueryView query={instances}>{(data) => <InstanceTable instances={data.instances} plain />}</QueryView>
      </Section>
    </>
  );
}

function NeighbourGraph({ service }: { readonly service: string }) {
  const t = useText();
  const attributes = useRangeApi("metrics.attributes", (window) => ({
    query: { service, match: "frm.rpc call", ...pick(window) },
  }));
  return (
    <QueryView query={attributes}>
      {(data) => {
        const neighbours = readNeighbours(data.attributes);
        if (neighbours.callers.length + neighbours.callees.length === 0)
          return <EmptyHint title={t("service.noNeighbours")} text={t("service.noNeighboursText")} />;
        const { nodes, edges } = toGraph(service, neighbours, t);
        return <CallGraph nodes={nodes} edges={edges} label={t("service.neighbours")} height={220} />;
      }}
    </QueryView>
  );
}

const pick = (window: { fromMs: number; toMs: number }) => ({ fromMs: window.fromMs, toMs: window.toMs });

function toGraph(service: string, { callers, callees }: Neighbours, t: Translate) {
  const most = Math.max(1, ...callers.map((each) => each.calls), ...callees.map((each) => each.calls));
  const link = (name: string) => (/^\w+\.\w+$/.test(name) ? { to: `/services/${name.replace(".", "/")}` } : {});
  const nodes: GraphNode[] = [
    { id: service, title: service, text: t("service.thisOne"), current: true },
    ...callers.map((each) => ({
      id: `from ${each.name}`,
      title: each.name,
      text: "",
      unknown: true,
      ...link(each.name),
    })),
    ...callees.map((each) => ({
      id: `to ${each.name}`,
      title: each.name,
      text: "",
      failed: each.failures > 0,
      ...link(each.name),
    })),
  ];
  const edges: GraphEdge[] = [
    ...callers.map((each) => ({
      from: `from ${each.name}`,
      to: service,
      label: formatCompact(each.calls),
      failed: false,
      share: each.calls / most,
    })),
    ...callees.map((each) => ({
      from: service,
      to: `to ${each.name}`,
      label:
        each.failures > 0
          ? t("service.callsFailed", { calls: formatCompact(each.calls), failed: formatCompact(each.failures) })
          : formatCompact(each.calls),
      failed: each.failures > 0,
      share: each.calls / most,
    })),
  ];
  return { nodes, edges };
}
