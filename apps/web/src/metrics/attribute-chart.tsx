import { CloseOutlined } from "@ant-design/icons";
import type { Series } from "@msec/api-schema";
import { Skeleton } from "antd";
import { useMemo } from "react";
import { TimeChart } from "../chart/time-chart.js";
import { formatCompact, formatDuration } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { wholeSteps } from "../range/range.js";
import { useRangeApi } from "../range/use-range.js";
import { ErrorPanel } from "../ui/error-panel.js";
import { useChartActions } from "./use-chart-actions.js";
import { useReleaseMarks } from "./use-release-marks.js";

interface AttributeChartProps {
  readonly service: string;
  readonly attribute: string;
  readonly by: "sum" | "machine";
  readonly onClose: () => void;
}

const NO_SERIES: readonly Series[] = [];

/** One attribute over time, as a sum or a curve per machine. */
export function AttributeChart({ service, attribute, by, onClose }: AttributeChartProps) {
  const t = useText();
  const marks = useReleaseMarks(service);
  const actions = useChartActions(service);
  const query = useRangeApi("metrics.series", (window) => ({
    query: {
      service,
      attribute,
      by,
      ...wholeSteps(window, Date.now()),
    },
  }));
  const series = query.data?.series ?? NO_SERIES;
  const curves = useMemo(
    () => series.map((each) => ({ label: each.machine || t("metrics.sum"), values: each.values })),
    [series, t],
  );
  if (query.error) return <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton active />;
  return (
    <TimeChart
      {...actions}
      title={<span title={attribute}>{attribute}</span>}
      fromMs={query.data.fromMs}
      stepMs={query.data.stepMs}
      curves={curves}
      format={formatCompact}
      syncKey="page"
      marks={marks}
      height={130}
      extra={
        <span className="chart-extra">
          <span className="faint">{t("metrics.per", { step: formatDuration(query.data.stepMs) })}</span>
          <button
            type="button"
            className="icon-button"
            aria-label={t("metrics.hide", { name: attribute })}
            onClick={onClose}
          >
            <CloseOutlined />
          </button>
        </span>
      }
    />
  );
}
