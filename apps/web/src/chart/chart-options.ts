import type uPlot from "uplot";
import type { Theme } from "../app/preferences.js";
import { ACCENT, AXIS_COLOUR, GRID_COLOUR } from "../app/theme.js";
import { axisTop, type Curve, type Value } from "./curves.js";

/** Something that happened, as a line on the time axis. */
export interface Mark {
  readonly atMs: number;
  readonly text: string;
}

interface ChartOptions {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  readonly curves: readonly (Curve & { readonly colour: string })[];
  readonly format: (value: Value) => string;
  readonly marks: () => readonly Mark[];
  readonly syncKey?: string;
  readonly onCursor: (index: number | undefined) => void;
  readonly onPick: (atMs: number) => void;
  readonly onSelect: (fromMs: number, toMs: number) => void;
}

const AXIS_FONT = "11px system-ui, sans-serif";
const DRAG_MIN_PX = 6;

export function buildOptions(options: ChartOptions): uPlot.Options {
  return {
    width: Math.max(120, options.width),
    height: options.height,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      ...(options.syncKey === undefined
        ? {}
        : { sync: { key: options.syncKey, setSeries: false, filters: { pub: isCursorMove } } }),
    },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, axisTop(max)] } },
    axes: axes(options),
    series: [{}, ...options.curves.map(series)],
    hooks: {
      setCursor: [(plot) => options.onCursor(plot.cursor.idx ?? undefined)],
      setSelect: [(plot) => select(plot, options)],
      ready: [(plot) => plot.over.addEventListener("click", () => pick(plot, options))],
      draw: [(plot) => drawMarks(plot, options)],
    },
  };
}

/** The cursor is shared; a drag belongs to the chart it was made on. */
function isCursorMove(type: string): boolean {
  return type === "mousemove" || type === "mouseleave" || type === "mouseenter";
}

function series(curve: Curve & { readonly colour: string }): uPlot.Series {
  return {
    label: curve.label,
    stroke: curve.colour,
    width: 1.5,
    spanGaps: false,
    ...(curve.fill ? { fill: `${curve.colour}22` } : {}),
    // A lone point between gaps would be invisible as a line.
    points: { show: curve.values.filter((value) => value !== null).length < 3, size: 5, fill: curve.colour },
  };
}

function axes(options: ChartOptions): uPlot.Axis[] {
  const common = {
    stroke: AXIS_COLOUR[options.theme],
    font: AXIS_FONT,
    grid: { stroke: GRID_COLOUR[options.theme], width: 1 },
    ticks: { show: false },
  };
  return [
    { ...common, size: 24, gap: 4, values: clockLabels },
    { ...common, size: 58, gap: 4, space: 28, values: (_, splits) => splits.map((value) => options.format(value)) },
  ];
}

/** 24-hour times; the date where the day changes. */
function clockLabels(_: uPlot, splits: number[], __: number, ___: number, increment: number): string[] {
  return splits.map((seconds) => {
    const date = new Date(seconds * 1000);
    const pad = (value: number) => String(value).padStart(2, "0");
    const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
    if (increment < 60) return `${time}:${pad(date.getSeconds())}`;
    return time === "00:00" ? `${pad(date.getMonth() + 1)}-${pad(date.getDate())}` : time;
  });
}

function pick(plot: uPlot, options: ChartOptions): void {
  const index = plot.cursor.idx;
  const seconds = typeof index === "number" ? plot.data[0]?.[index] : undefined;
  if (seconds !== undefined && plot.select.width < DRAG_MIN_PX) options.onPick(seconds * 1000);
}

function select(plot: uPlot, options: ChartOptions): void {
  const { left, width } = plot.select;
  if (width < DRAG_MIN_PX) return;
  options.onSelect(plot.posToVal(left, "x") * 1000, plot.posToVal(left + width, "x") * 1000);
  setTimeout(() => plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false), 0);
}

function drawMarks(plot: uPlot, options: ChartOptions): void {
  const { ctx, bbox } = plot;
  const ratio = window.devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ACCENT[options.theme];
  ctx.fillStyle = ACCENT[options.theme];
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.lineWidth = ratio;
  for (const mark of options.marks()) {
    const x = plot.valToPos(mark.atMs / 1000, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(mark.text).width;
    const roomRight = x + width + 6 * ratio < bbox.left + bbox.width;
    ctx.fillText(mark.text, roomRight ? x + 3 * ratio : x - width - 3 * ratio, bbox.top);
  }
  ctx.restore();
}
