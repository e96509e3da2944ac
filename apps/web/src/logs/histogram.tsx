import { type PointerEvent, useState } from "react";
import { formatDateTime, formatNumber } from "../format/format.js";
import { useText } from "../i18n/use-text.js";

interface HistogramProps {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly counts: readonly number[];
  readonly onSelect: (fromMs: number, toMs: number) => void;
}

/** Records over time; drag over bars to look at that stretch. */
export function Histogram({ fromMs, stepMs, counts, onSelect }: HistogramProps) {
  const t = useText();
  const [drag, setDrag] = useState<readonly [number, number]>();
  const most = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const indexOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const ratio = (event.clientX - box.left) / Math.max(1, box.width);
    return Math.min(counts.length - 1, Math.max(0, Math.floor(ratio * counts.length)));
  };
  const [low, high] = drag ? [Math.min(...drag), Math.max(...drag)] : [-1, -2];
  const done = () => {
    if (drag) onSelect(fromMs + low * stepMs, fromMs + (high + 1) * stepMs);
    setDrag(undefined);
  };
  return (
    <div className="histogram-box">
      <div
        className="histogram"
        role="img"
        aria-label={t("logs.histogram", { n: total })}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([indexOf(event), indexOf(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], indexOf(event)])}
        onPointerUp={done}
        onPointerCancel={() => setDrag(undefined)}
      >
        {counts.map((count, index) => {
          const atMs = fromMs + index * stepMs;
          return (
            <span
              key={atMs}
              className={index >= low && index <= high ? "bar chosen" : "bar"}
              title={`${formatDateTime(atMs)}: ${formatNumber(count)}`}
            >
              <i style={{ height: `${(count / most) * 100}%` }} />
            </span>
          );
        })}
      </div>
      <div className="histogram-axis faint">
        <span>{formatDateTime(fromMs)}</span>
        <span>{t("logs.total", { n: formatNumber(total) })}</span>
        <span>{formatDateTime(fromMs + counts.length * stepMs)}</span>
      </div>
    </div>
  );
}
