/** Answers questions about metrics, from the live window where it covers the range, else from stored minutes. */
import type { Clock } from "@msec/core";
import type { Kysely } from "kysely";
import { AttributeSummaries, type AttributeSummary } from "./attribute-summary.js";
import { CALL_ATTRIBUTES, type CallCurveValues, callCurves, type Values } from "./call-curves.js";
import { LIVE_WINDOW_MS, type LiveWindow } from "./live-window.js";
import type { MetricTables } from "./metric-tables.js";
import type { SeriesDirectory } from "./series-directory.js";
import { visitStored } from "./stored-values.js";
import { MINUTE_MS, type TimeRange, type TimeSteps, timeSteps } from "./time-steps.js";
import { GridBuilder, type MachineValues, sumOfMachines } from "./value-grid.js";

/** Agents send finished seconds every 2 s: what is younger may be incomplete. */
const SETTLE_MS = 3_000;
/** Ranges above 30 hours have sparklines with parts of an hour or more. */
const WHOLE_HOURS_FROM_MINUTES = 30 * 60;

export type GroupBy = "sum" | "machine";

export interface ServiceRange extends TimeRange {
  readonly service: string;
}

export interface SeriesQuery extends ServiceRange {
  readonly attribute: string;
  readonly by: GroupBy;
  readonly stepMs?: number | undefined;
}

export interface SeriesAnswer {
  readonly fromMs: number;
  readonly stepMs: number;
  /** `machine` is empty for the sum. One value per step; null = nothing was reported. */
  readonly series: { readonly attribute: string; readonly machine: string; readonly values: (number | null)[] }[];
}

export interface CallAnswer extends CallCurveValues {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly machine: string;
}

export interface MetricReaderOptions {
  readonly db: Kysely<MetricTables>;
  readonly directory: SeriesDirectory;
  readonly live: LiveWindow;
  readonly clock: Clock;
  /** The live window knows nothing from before. */
  readonly liveSinceMs: number;
}

export class MetricReader {
  readonly #options: MetricReaderOptions;

  constructor(options: MetricReaderOptions) {
    this.#options = options;
  }

  /** Attributes that were reported in the range, by name. */
  async attributes(query: ServiceRange & { readonly match?: string | undefined }): Promise<AttributeSummary[]> {
    const { directory, db } = this.#options;
    const wanted = query.match?.toLowerCase() ?? "";
    const chosen = [...directory.of(query.service)].filter(([name]) => name.toLowerCase().includes(wanted));
    const series = new Map(chosen.flatMap(([, list]) => list.map((one) => [one.seriesId, one] as const)));
    const range = { first: Math.floor(query.fromMs / MINUTE_MS), end: Math.ceil(query.toMs / MINUTE_MS) };
    const summaries = new AttributeSummaries(range);
    const wholeHours = range.end - range.first > WHOLE_HOURS_FROM_MINUTES;
    await visitStored(db, { ...range, seriesIds: [...series.keys()], wholeHours }, (value) => {
      const one = series.get(value.seriesId);
      if (one) summaries.add(one, value);
    });
    return summaries.summaries();
  }

  async series(query: SeriesQuery): Promise<SeriesAnswer> {
    const { attribute, by } = query;
    const isLive = this.#isLive(query);
    const steps = timeSteps(query, isLive, query.stepMs);
    const grid = await this.#grid(query.service, [attribute], steps, isLive);
    const machines = grid.get(attribute) ?? new Map();
    const { fromMs, stepMs } = steps;
    if (by === "sum") {
      const values = sumOfMachines(machines, steps.count);
      return { fromMs, stepMs, series: machines.size === 0 ? [] : [{ attribute, machine: "", values }] };
    }
    const series = [...machines].map(([machine, values]) => ({ attribute, machine, values }));
    return { fromMs, stepMs, series: series.sort((a, b) => (a.machine < b.machine ? -1 : 1)) };
  }

  /** Curves of what a service answered. Nothing when it reported nothing. */
  async calls(query: Omit<SeriesQuery, "attribute">): Promise<CallAnswer[]> {
    const isLive = this.#isLive(query);
    const steps = timeSteps(query, isLive, query.stepMs);
    const grid = await this.#grid(query.service, CALL_ATTRIBUTES, steps, isLive);
    const seconds = this.#secondsOf(steps);
    const { fromMs, stepMs } = steps;
    if (grid.size === 0) return [];
    if (query.by === "sum") {
      const sums = new Map<string, Values>();
      for (const [attribute, machines] of grid) sums.set(attribute, sumOfMachines(machines, steps.count));
      return [{ fromMs, stepMs, machine: "", ...callCurves(sums, seconds) }];
    }
    const machines = [...new Set([...grid.values()].flatMap((values) => [...values.keys()]))].sort();
    return machines.map((machine) => {
      const values = new Map<string, Values>();
      for (const [attribute, byMachine] of grid) values.set(attribute, byMachine.get(machine) ?? []);
      return { fromMs, stepMs, machine, ...callCurves(values, seconds) };
    });
  }

  /** Rates of the last minute that is complete, from memory. */
  lastMinute(service: string): { callsPerSec: number; failuresPerSec: number; p99Ms: number | null } {
    const { clock, live, directory, liveSinceMs } = this.#options;
    const toMs = Math.floor((clock.nowMs() - SETTLE_MS) / 5_000) * 5_000;
    const fromMs = toMs - MINUTE_MS;
    const attributes = directory.of(service);
    const sums = new Map<string, Values>();
    for (const attribute of CALL_ATTRIBUTES) {
      let sum = 0;
      for (const series of attributes.get(attribute) ?? [])
        live.visit(series, { fromMs, toMs }, (_, value) => {
          sum += value;
        });
      sums.set(attribute, [sum]);
    }
    const seconds = Math.min(60, Math.max(5, (toMs - liveSinceMs) / 1_000));
    const curves = callCurves(sums, [seconds]);
    return {
      callsPerSec: curves.callsPerSec[0] ?? 0,
      failuresPerSec: curves.failuresPerSec[0] ?? 0,
      p99Ms: curves.p99Ms[0] ?? null,
    };
  }

  #isLive({ fromMs }: TimeRange): boolean {
    const { clock, liveSinceMs } = this.#options;
    return fromMs >= Math.max(clock.nowMs() - LIVE_WINDOW_MS, liveSinceMs);
  }

  #secondsOf(steps: TimeSteps): number[] {
    const settledMs = this.#options.clock.nowMs() - SETTLE_MS;
    return Array.from({ length: steps.count }, (_, index) => {
      const startMs = steps.fromMs + index * steps.stepMs;
      const overMs = Math.min(steps.stepMs, settledMs - startMs);
      return overMs < 1_000 ? 0 : overMs / 1_000;
    });
  }

  /** Values by attribute, machine and step; attributes and machines without any value in the range are left out. */
  async #grid(
    service: string,
    attributes: readonly string[],
    steps: TimeSteps,
    isLive: boolean,
  ): Promise<Map<string, MachineValues>> {
    const { directory, live, db } = this.#options;
    const known = directory.of(service);
    const series = attributes.flatMap((attribute) => known.get(attribute) ?? []);
    const grid = new GridBuilder(steps);
    if (isLive) {
      const range = { fromMs: steps.fromMs, toMs: steps.fromMs + steps.count * steps.stepMs };
      for (const one of series) live.visit(one, range, (atMs, value) => grid.add(one, atMs, value));
      return grid.grid;
    }
    const byId = new Map(series.map((one) => [one.seriesId, one]));
    const first = steps.fromMs / MINUTE_MS;
    const range = { first, end: first + (steps.count * steps.stepMs) / MINUTE_MS };
    await visitStored(db, { ...range, seriesIds: [...byId.keys()] }, ({ seriesId, minute, total }) => {
      const one = byId.get(seriesId);
      if (one) grid.add(one, minute * MINUTE_MS, total);
    });
    return grid.grid;
  }
}
