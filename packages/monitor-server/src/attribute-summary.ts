/** What the list of attributes shows of each. Pure. */
import type { Series } from "./series-directory.js";
import type { MinuteRange, StoredValue } from "./stored-values.js";

const SPARKLINE_VALUES = 30;

export interface AttributeSummary {
  readonly attribute: string;
  /** Of counters the sum over range and machines, of gauges the sum of the machines' last values. */
  readonly sum: number;
  readonly lastAtMs: number;
  readonly machines: string[];
  /** At most 30 parts of the range, summed over the machines as `sum` is. */
  readonly sparkline: number[];
}

interface SeriesParts {
  readonly series: Series;
  readonly parts: (number | null)[];
  last: number;
  lastSec: number;
}

/** Collects the values of a range. */
export class AttributeSummaries {
  readonly #first: number;
  readonly #width: number;
  readonly #count: number;
  readonly #series = new Map<number, SeriesParts>();

  constructor({ first, end }: MinuteRange) {
    this.#first = first;
    this.#width = Math.max(1, Math.ceil((end - first) / SPARKLINE_VALUES));
    this.#count = Math.max(1, Math.ceil((end - first) / this.#width));
  }

  add(series: Series, value: StoredValue): void {
    const known = this.#series.get(series.seriesId);
    const own = known ?? { series, parts: new Array<number | null>(this.#count).fill(null), last: 0, lastSec: 0 };
    if (!known) this.#series.set(series.seriesId, own);
    const part = Math.floor((value.minute - this.#first) / this.#width);
    own.parts[part] = series.kind === "add" ? (own.parts[part] ?? 0) + value.total : value.last;
    if (value.lastSec < own.lastSec) return;
    own.last = value.last;
    own.lastSec = value.lastSec;
  }

  /** By name. */
  summaries(): AttributeSummary[] {
    const byName = new Map<string, SeriesParts[]>();
    for (const own of this.#series.values()) {
      const list = byName.get(own.series.attribute);
      if (list) list.push(own);
      else byName.set(own.series.attribute, [own]);
    }
    const summaries = [...byName].map(([attribute, list]) => summarize(attribute, list, this.#count));
    return summaries.sort((a, b) => (a.attribute < b.attribute ? -1 : 1));
  }
}

function summarize(attribute: string, list: readonly SeriesParts[], count: number): AttributeSummary {
  const sparkline = new Array<number>(count).fill(0);
  let sum = 0;
  let lastSec = 0;
  for (const own of list) {
    own.parts.forEach((value, part) => {
      sparkline[part] = (sparkline[part] ?? 0) + (value ?? 0);
    });
    sum += own.series.kind === "set" ? own.last : own.parts.reduce<number>((total, value) => total + (value ?? 0), 0);
    lastSec = Math.max(lastSec, own.lastSec);
  }
  const machines = [...new Set(list.map((own) => own.series.machine))].sort();
  return { attribute, sum, lastAtMs: lastSec * 1_000, machines, sparkline };
}
