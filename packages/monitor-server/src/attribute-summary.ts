/** What the list of attributes shows of each. Pure. */
import type { Series } from "./series-directory.js";

export interface AttributeSummary {
  readonly attribute: string;
  /** Of counters the sum over range and machines, of gauges the sum of the machines' last values. */
  readonly sum: number;
  readonly lastAtMs: number;
  readonly machines: string[];
  readonly sparkline: number[];
}

/** A part of the range of one series. */
export interface SlotRow {
  readonly series_id: number;
  readonly slot: number;
  readonly total: number;
  readonly last: number;
  readonly last_sec: number;
}

interface Draft {
  sum: number;
  lastSec: number;
  readonly machines: Set<string>;
  readonly sparkline: number[];
}

/** @param rows by series, then slot */
export function summarize(
  rows: readonly SlotRow[],
  series: ReadonlyMap<number, Series>,
  slots: number,
): AttributeSummary[] {
  const drafts = new Map<string, Draft>();
  rows.forEach((row, index) => {
    const one = series.get(row.series_id);
    if (!one) return;
    const draft = draftOf(drafts, one.attribute, slots);
    const isCounter = one.kind === "add";
    const isLastSlot = rows[index + 1]?.series_id !== row.series_id;
    if (isCounter) draft.sum += row.total;
    else if (isLastSlot) draft.sum += row.last;
    draft.sparkline[row.slot] = (draft.sparkline[row.slot] ?? 0) + (isCounter ? row.total : row.last);
    draft.lastSec = Math.max(draft.lastSec, row.last_sec);
    draft.machines.add(one.machine);
  });
  const summaries = [...drafts].map(([attribute, { sum, lastSec, machines, sparkline }]) => ({
    attribute,
    sum,
    lastAtMs: lastSec * 1_000,
    machines: [...machines].sort(),
    sparkline,
  }));
  return summaries.sort((a, b) => (a.attribute < b.attribute ? -1 : 1));
}

function draftOf(drafts: Map<string, Draft>, attribute: string, slots: number): Draft {
  const known = drafts.get(attribute);
  if (known) return known;
  const draft: Draft = { sum: 0, lastSec: 0, machines: new Set(), sparkline: new Array<number>(slots).fill(0) };
  drafts.set(attribute, draft);
  return draft;
}
