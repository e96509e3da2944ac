import type { Attribute } from "@msec/api-schema";
import { Segmented } from "antd";
import { useSearchParams } from "react-router";
import { useText } from "../i18n/use-text.js";
import { RangeControl } from "../range/range-control.js";
import { useRangeApi } from "../range/use-range.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { QueryView } from "../ui/query-view.js";
import { AttributeChart } from "./attribute-chart.js";
import { AttributeList } from "./attribute-list.js";
import { AttributeTable } from "./attribute-table.js";
import { CallCharts } from "./call-charts.js";
import { shownAttributes, sortAttributes, toggleAttribute } from "./choose-attributes.js";

/** Curves of one service: its calls, and any attribute it reported; what is shown stands in the address. */
export function MetricsView({ service }: { readonly service: string }) {
  const t = useText();
  const [search, setSearch] = useSearchParams();
  const by = search.get("by") === "machine" ? "machine" : "sum";
  const view = search.get("view") === "table" ? "table" : "charts";
  const attributes = useRangeApi("metrics.attributes", (window) => ({
    query: { service, fromMs: window.fromMs, toMs: window.toMs },
  }));
  const set = (key: string, value: string) =>
    setSearch((old) => {
      const next = new URLSearchParams(old);
      next.set(key, value);
      return next;
    });
  return (
    <>
      <div className="toolbar">
        <RangeControl />
        <Segmented
          size="small"
          value={by}
          options={[
            { value: "sum", label: t("metrics.sum") },
            { value: "machine", label: t("metrics.byInstance") },
          ]}
          onChange={(value) => set("by", value)}
        />
        <Segmented
          size="small"
          value={view}
          options={[
            { value: "charts", label: t("metrics.charts") },
            { value: "table", label: t("metrics.table") },
          ]}
          onChange={(value) => set("view", value)}
        />
      </div>
      {view === "charts" && <CallCharts service={service} by={by} />}
      <QueryView query={attributes}>
        {(data) =>
          data.attributes.length === 0 ? (
            <EmptyHint title={t("metrics.none")} text={t("metrics.noneText")} />
          ) : view === "table" ? (
            <AttributeTable attributes={data.attributes} />
          ) : (
            <Charts service={service} by={by} attributes={sortAttributes(data.attributes)} />
          )
        }
      </QueryView>
    </>
  );
}

interface ChartsProps {
  readonly service: string;
  readonly by: "sum" | "machine";
  readonly attributes: readonly Attribute[];
}

function Charts({ service, by, attributes }: ChartsProps) {
  const [search, setSearch] = useSearchParams();
  const names = attributes.map((each) => each.attribute);
  const shown = shownAttributes(names, search.getAll("a"));
  const toggle = (name: string) =>
    setSearch(
      (old) => {
        const next = new URLSearchParams(old);
        next.delete("a");
        for (const each of toggleAttribute(shown, name)) next.append("a", each);
        return next;
      },
      { replace: true },
    );
  return (
    <div className="master-detail wide">
      <AttributeList attributes={attributes} shown={shown} onToggle={toggle} />
      <div className="chart-grid small">
        {shown.map((name) => (
          <AttributeChart key={name} service={service} attribute={name} by={by} onClose={() => toggle(name)} />
        ))}
      </div>
    </div>
  );
}
