import type { Hop } from "@msec/api-schema";

/** Hops of a request as rows of a waterfall. Pure. */

export interface HopRow {
  readonly hop: Hop;
  /** 0 at the entrance. */
  readonly depth: number;
  /** Share of the whole request before it began, and that it took; 0 to 1. */
  readonly left: number;
  readonly width: number;
}

/** Callers before callees, siblings by start; hops whose caller is unknown stand at the entrance. */
export function hopRows(hops: readonly Hop[]): HopRow[] {
  if (hops.length === 0) return [];
  const startMs = Math.min(...hops.map((hop) => hop.startedAtMs));
  const endMs = Math.max(...hops.map((hop) => hop.startedAtMs + hop.costMs));
  const spanMs = Math.max(endMs - startMs, 0.001);
  const ids = new Set(hops.map((hop) => hop.spanId));
  const children = new Map<string, Hop[]>();
  for (const hop of hops) {
    const parent = ids.has(hop.parentSpanId) && hop.parentSpanId !== hop.spanId ? hop.parentSpanId : "";
    children.set(parent, [...(children.get(parent) ?? []), hop]);
  }
  const rows: HopRow[] = [];
  const seen = new Set<Hop>();
  const walk = (parent: string, depth: number): void => {
    const siblings = (children.get(parent) ?? []).toSorted(
      (a, b) => a.startedAtMs - b.startedAtMs || a.attempt - b.attempt,
    );
    for (const hop of siblings) {
      if (seen.has(hop)) continue;
      seen.add(hop);
      rows.push({ hop, depth, left: (hop.startedAtMs - startMs) / spanMs, width: hop.costMs / spanMs });
      walk(hop.spanId, depth + 1);
    }
  };
  walk("", 0);
  for (const hop of hops)
    if (!seen.has(hop))
      rows.push({ hop, depth: 0, left: (hop.startedAtMs - startMs) / spanMs, width: hop.costMs / spanMs });
  return rows;
}
