import type { CallCurves } from "@msec/api-schema";
import { useMemo } from "react";
import { usePreferences } from "../app/preferences.js";
import { ERROR_COLOUR } from "../app/theme.js";
import { TimeChart } from "../chart/time-chart.js";
import { formatDuration, formatRate } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { wholeSteps } from "../range/range.js";
import { useRangeApi } from "../range/use-range.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { QueryView } from "../ui/query-view.js";
import { curveTimes, fieldCurves, hasValues } from "./call-curves.js";
import { useChartActions } from "./use-chart-actions.js";
import { useReleaseMarks } from "./use-release-marks.js";

interface CallChartsProps {
  readonly service: string;
  readonly by?: "sum" | "machine";
}

/** Calls, errors and latency of one service, with its releases marked. */
export function CallCharts({ service, by = "sum" }: CallChartsProps) {
  const t = useText();
  const calls = useRangeApi("metrics.calls", (window) => ({
    query: {
      service,
      by,
      ...wholeSteps(window, Date.now()),
    },
  }));
  return (
    <QueryView query={calls}>
      {(data) =>
        hasValues(data.curves) ? (
          by === "sum" ? (
            <SumCharts service={service} curves={data.curves} />
          ) : (
            <MachineCharts service={service} curves={data.curves} />
          )
        ) : (
          <EmptyHint title={t("metrics.noCalls")} text={t("metrics.noCallsText")} />
        )
      }
    </QueryView>
  );
}

interface ChartsProps {
  readonly service: string;
  readonly curves: readonly CallCurves[];
}

const formatMs = (value: number | null) => formatDuration(value);

function SumCharts({ service, curves }: ChartsProps) {
  const t = useText();
  const { theme } = usePreferences();
  const shared = useShared(service, curves);
  const rates = useMemo(
    () => [
      ...fieldCurves(curves, "callsPerSec", () => t("metrics.calls")).map((curve) => ({ ...curve, fill: true })),
      ...fieldCurves(curves, "failuresPerSec", () => t("metrics.failures")).map((curve) => ({
        ...curve,
        colour: ERROR_COLOUR[theme],
      })),
    ],
    [curves, t, theme],
  );
  const latencies = useMemo(
    () => [
      ...fieldCurves(curves, "p50Ms", () => "p50"),
      ...fieldCurves(curves, "p95Ms", () => "p95"),
      ...fieldCurves(curves, "p99Ms", () => "p99"),
    ],
    [curves],
  );
  return (
    <div className="chart-grid">
      <TimeChart {...shared} title={t("metrics.callsAndErrors")} curves={rates} format={formatRate} />
      <TimeChart {...shared} title={t("metrics.latency")} curves={latencies} format={formatMs} />
    </div>
  );
}

function MachineCharts({ service, curves }: ChartsProps) {
  const t = useText();
  const shared = useShared(service, curves);
  const by = useMemo(() => {
    const label = (curve: CallCurves) => curve.machine;
    return {
      calls: fieldCurves(curves, "callsPerSec", label),
      failures: fieldCurves(curves, "failuresPerSec", label),
      latency: fieldCurves(curves, "p99Ms", label),
    };
  }, [curves]);
  return (
    <div className="chart-grid">
      <TimeChart {...shared} title={t("metrics.calls")} curves={by.calls} format={formatRate} />
      <TimeChart {...shared} title={t("metrics.failures")} curves={by.failures} format={formatRate} />
      <TimeChart {...shared} title={t("metrics.p99")} curves={by.latency} format={formatMs} />
    </div>
  );
}

function useShared(service: string, curves: readonly CallCurves[]) {
  const marks = useReleaseMarks(service);
  const actions = useChartActions(service);
  const times = curveTimes(curves) ?? { fromMs: 0, stepMs: 1000, count: 0 };
  return { fromMs: times.fromMs, stepMs: times.stepMs, marks, syncKey: "page", ...actions };
}
