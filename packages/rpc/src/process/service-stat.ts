/**
 * What a service counted since its start: each worker sends its numbers with the heartbeat, the controller writes them once a second
 * beside the state file; `msec stat` reads that. Counters only grow, also over the death of workers and over reloads.
 */
import type { WorkerPhase } from "./worker-set.js";

/** Counters since the start of a worker, or of the service. */
export interface ServiceCounters {
  readonly rxBytes: number;
  readonly txBytes: number;
  /** Connections taken. */
  readonly accepted: number;
  /** Connections closed at once for `max_connections`. */
  readonly dropped: number;
  /** Requests answered, refused ones included. */
  readonly requests: number;
  /** Of them answered with an error. */
  readonly failed: number;
  /** Requests refused before the handler, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Requests by what they cost: name of the bucket → number. */
  readonly costs: Readonly<Record<string, number>>;
  /** Attempts of calls to other services. */
  readonly calls: number;
  readonly callsFailed: number;
  /** Of them without an answer in time. */
  readonly callTimeouts: number;
}

/** What is so at the moment. */
export interface ServiceGauges {
  readonly connections: number;
  /** Requests under way. */
  readonly inFlight: number;
  /** How late the event loop was in the last second. Total: the worst of the workers. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Longest time of the last second that a request waited for its handler. */
  readonly queueDelayMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export interface WorkerStat extends ServiceCounters, ServiceGauges {}

export interface WorkerStatRow extends WorkerStat {
  readonly pid: number;
  readonly generation: number;
  readonly state: WorkerPhase;
}

export interface ServiceStat {
  readonly service: string;
  readonly releaseId: string;
  /** The controller. */
  readonly pid: number;
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly restarts: number;
  readonly reloads: number;
  /** Workers that are there, and what earlier ones counted. */
  readonly total: WorkerStat;
  readonly workers: readonly WorkerStatRow[];
}

const COUNTERS = [
  ...(["rxBytes", "txBytes", "accepted", "dropped", "requests", "failed"] as const),
  ...(["calls", "callsFailed", "callTimeouts"] as const),
];
const SUMS = [...COUNTERS, ...(["connections", "inFlight", "rssBytes", "heapBytes"] as const)];

const NOTHING: WorkerStat = {
  rxBytes: 0,
  txBytes: 0,
  accepted: 0,
  dropped: 0,
  requests: 0,
  failed: 0,
  refused: {},
  costs: {},
  calls: 0,
  callsFailed: 0,
  callTimeouts: 0,
  connections: 0,
  inFlight: 0,
  loopDelayMs: { p50: 0, p99: 0, max: 0 },
  queueDelayMs: 0,
  rssBytes: 0,
  heapBytes: 0,
};

/** Counters and sizes are added up, delays are the worst. */
export function sumStats(stats: readonly WorkerStat[]): WorkerStat {
  return stats.reduce((sum, one) => {
    const numbers = Object.fromEntries(SUMS.map((name) => [name, sum[name] + one[name]]));
    return {
      ...(numbers as Record<(typeof SUMS)[number], number>),
      refused: addCounts(sum.refused, one.refused),
      costs: addCounts(sum.costs, one.costs),
      queueDelayMs: Math.max(sum.queueDelayMs, one.queueDelayMs),
      loopDelayMs: {
        p50: Math.max(sum.loopDelayMs.p50, one.loopDelayMs.p50),
        p99: Math.max(sum.loopDelayMs.p99, one.loopDelayMs.p99),
        max: Math.max(sum.loopDelayMs.max, one.loopDelayMs.max),
      },
    };
  }, NOTHING);
}

/** What stays of a worker that ended: its counters. */
export function countersOnly(stat: WorkerStat): WorkerStat {
  const counters = Object.fromEntries(COUNTERS.map((name) => [name, stat[name]]));
  return { ...NOTHING, ...counters, refused: stat.refused, costs: stat.costs };
}

function addCounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
