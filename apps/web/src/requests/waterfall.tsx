import type { Hop } from "@msec/api-schema";
import { useMemo } from "react";
import { formatDuration } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { type HopRow, hopRows } from "./hop-tree.js";

/** Where the time went: one bar per hop, under its caller. */
export function Waterfall({ hops }: { readonly hops: readonly Hop[] }) {
  const t = useText();
  const rows = useMemo(() => hopRows(hops), [hops]);
  return (
    <ul className="waterfall" aria-label={t("request.waterfall")}>
      {rows.map((row) => (
        <Row key={`${row.hop.spanId} ${row.hop.attempt} ${row.hop.seenBy} ${row.hop.address}`} row={row} />
      ))}
    </ul>
  );
}

function Row({ row }: { readonly row: HopRow }) {
  const t = useText();
  const { hop, depth, left, width } = row;
  const failed = hop.err !== 0;
  const title = `${hop.caller} → ${hop.service} ${hop.method} @ ${hop.address}`;
  return (
    <li className={failed ? "failed" : ""} title={title}>
      <span className="waterfall-name" style={{ paddingLeft: depth * 14 }}>
        <strong className="ellipsis">{hop.service}</strong>
        <span className="faint ellipsis">
          {hop.method.split(".").at(-1)}
          {hop.attempt > 0 && ` · ${t("request.attempt", { n: hop.attempt + 1 })}`}
        </span>
      </span>
      <span className="waterfall-track">
        <i style={{ left: `${left * 100}%`, width: `max(2px, ${width * 100}%)` }} />
        <span
          className={isInside(left, width) ? "waterfall-cost inside" : "waterfall-cost"}
          style={labelPlace(left, width)}
        >
          {formatDuration(hop.costMs)} {failed && (hop.reason || t("request.error", { code: hop.err }))}
          {failed && hop.seenBy === "client" && ` · ${t("request.neverAnswered")}`}
        </span>
      </span>
    </li>
  );
}

/** No room on either side: on the bar itself. */
function isInside(left: number, width: number): boolean {
  return left + width >= 0.7 && left <= 0.3;
}

/** Beside the bar where there is room. */
function labelPlace(left: number, width: number) {
  const end = left + width;
  if (end < 0.7) return { left: `calc(${end * 100}% + 6px)` };
  if (left > 0.3) return { right: `calc(${(1 - left) * 100}% + 6px)` };
  return { left: `calc(${left * 100}% + 6px)` };
}
