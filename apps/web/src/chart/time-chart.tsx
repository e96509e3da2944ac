import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { usePreferences } from "../app/preferences.js";
import { CURVE_COLOURS } from "../app/theme.js";
import { ChartLegend } from "./chart-legend.js";
import { buildOptions, type Mark } from "./chart-options.js";
import { type Curve, pointTimes } from "./curves.js";

interface TimeChartProps {
  readonly title: ReactNode;
  readonly fromMs: number;
  readonly stepMs: number;
  readonly curves: readonly Curve[];
  readonly format: (value: number | null) => string;
  /** Charts with the same key share one cursor. */
  readonly syncKey?: string;
  readonly marks?: readonly Mark[];
  readonly height?: number;
  readonly extra?: ReactNode;
  /** A click on a moment. */
  readonly onPick?: (atMs: number) => void;
  /** A dragged stretch of time. */
  readonly onSelect?: (fromMs: number, toMs: number) => void;
}

const NO_MARKS: readonly Mark[] = [];

/** Curves over time: gaps are gaps, the axis starts at zero, releases are marked, the legend tells last, least and most. */
export function TimeChart(props: TimeChartProps) {
  const { theme } = usePreferences();
  const { fromMs, stepMs, format, marks = NO_MARKS, height = 180 } = props;
  const [index, setIndex] = useState<number>();
  const curves = useMemo(() => coloured(props.curves, CURVE_COLOURS[theme]), [props.curves, theme]);
  const shape = curves.map((curve) => `${curve.label}\u0000${curve.colour}`).join("\u0001");
  const data = useMemo(() => toData(fromMs, stepMs, curves), [fromMs, stepMs, curves]);
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ ...props, curves, marks, data });
  latest.current = { ...props, curves, marks, data };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot only for a new shape; data and marks follow below
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const options = buildOptions({
      width: element.clientWidth,
      height,
      theme,
      curves,
      format: (value) => latest.current.format(value),
      marks: () => latest.current.marks,
      onCursor: setIndex,
      onPick: (atMs) => latest.current.onPick?.(atMs),
      onSelect: (from, to) => latest.current.onSelect?.(from, to),
      ...(props.syncKey === undefined ? {} : { syncKey: props.syncKey }),
    });
    const made = new uPlot(options, latest.current.data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, theme, height, props.syncKey]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: marks are drawn with the data
  useEffect(() => plot.current?.setData(data), [data, marks]);

  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <span className="chart-title">{props.title}</span>
        {props.extra}
      </figcaption>
      <div ref={host} className={props.onPick ? "chart-plot pickable" : "chart-plot"} />
      <ChartLegend curves={curves} index={index} format={format} />
    </figure>
  );
}

export type ColouredCurve = Curve & { readonly colour: string };

function coloured(curves: readonly Curve[], palette: readonly string[]): ColouredCurve[] {
  return curves.map((curve, index) => ({
    ...curve,
    colour: curve.colour ?? palette[index % palette.length] ?? "#888",
  }));
}

function toData(fromMs: number, stepMs: number, curves: readonly Curve[]): uPlot.AlignedData {
  const count = Math.max(0, ...curves.map((curve) => curve.values.length));
  return [
    pointTimes(fromMs, stepMs, count),
    ...curves.map((curve) => Array.from({ length: count }, (_, index) => curve.values[index] ?? null)),
  ];
}
