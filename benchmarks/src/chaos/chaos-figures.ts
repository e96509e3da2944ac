/** What the records of a run say: how many calls a fault cost, how soon nothing went there any more, how soon it had its share again. */
import { BUCKET_MS, type CallRecord } from "./call-record.js";

/** When what happened to which backend, on the clock of the records. */
export interface FaultTimes {
  /** Its address. */
  readonly victim: string;
  readonly faultAtMs: number;
  /** The fault is over: it listens and would answer. */
  readonly wellAtMs: number;
  readonly endAtMs: number;
}

export interface ChaosFigures {
  readonly calls: number;
  readonly failed: number;
  /** Failed calls that began after the first failure had been noticed. */
  readonly failedAfterFirst: number;
  readonly failedBefore: number;
  /** Failed calls by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** From the fault until the victim gets less than a tenth of its share for good; null: it went on getting more. */
  readonly stopMs: number | null;
  /** Part of its share that the victim got during the fault, 0 to 1. */
  readonly shareLeft: number;
  /** From the end of the fault until the victim has four fifths of its share, over half a second; null: not within the run. */
  readonly restoreMs: number | null;
  /** Of the calls that began during the fault and were answered. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly skipped: number;
  /** Most that the event loop of a client was late: above some 50 ms the machine had too much to do. */
  readonly lateMs: number;
}

const STOPPED_SHARE = 0.1;
const RESTORED_SHARE = 0.8;
const RESTORE_WINDOW_BUCKETS = 10;

/** Attempts of all clients in buckets of one clock. */
interface Timeline {
  readonly fromMs: number;
  readonly victim: readonly number[];
  readonly all: readonly number[];
}

function addUp(records: readonly CallRecord[], victim: string): Timeline {
  const fromMs = Math.min(...records.map((record) => record.startedAtMs));
  const timeline = { fromMs, victim: [] as number[], all: [] as number[] };
  const add = (to: number[], at: number, count: number): void => {
    while (to.length <= at) to.push(0);
    to[at]! += count;
  };
  for (const { startedAtMs, attempts } of records) {
    const shift = Math.round((startedAtMs - fromMs) / BUCKET_MS);
    for (const [address, counts] of Object.entries(attempts)) {
      counts.forEach((count, i) => {
        add(timeline.all, i + shift, count);
        add(timeline.victim, i + shift, address === victim ? count : 0);
      });
    }
  }
  return timeline;
}

const sum = (counts: readonly number[], from: number, to: number): number =>
  counts.slice(from, to).reduce((total, count) => total + count, 0);

/** Part of all attempts in buckets [from, to) that went to the victim. */
function shareOf({ victim, all }: Timeline, from: number, to: number): number {
  const total = sum(all, from, to);
  return total === 0 ? 0 : sum(victim, from, to) / total;
}

/** Whole buckets only: the first one after a moment, or the last one that ended before. */
const bucketAfter = ({ fromMs }: Timeline, atMs: number): number => Math.ceil((atMs - fromMs) / BUCKET_MS);
const bucketBefore = ({ fromMs }: Timeline, atMs: number): number => Math.floor((atMs - fromMs) / BUCKET_MS);

function stopMs(timeline: Timeline, times: FaultTimes, usual: number): number | null {
  const from = bucketBefore(timeline, times.faultAtMs);
  const to = bucketBefore(timeline, times.wellAtMs);
  let last = from - 1;
  for (let at = from; at < to; at++) if (shareOf(timeline, at, at + 1) > usual * STOPPED_SHARE) last = at;
  if (last >= to - 1 - RESTORE_WINDOW_BUCKETS) return null;
  return Math.max(0, Math.round(timeline.fromMs + (last + 1) * BUCKET_MS - times.faultAtMs));
}

function restoreMs(timeline: Timeline, times: FaultTimes, usual: number): number | null {
  const to = bucketBefore(timeline, times.endAtMs);
  for (let at = bucketAfter(timeline, times.wellAtMs); at + RESTORE_WINDOW_BUCKETS <= to; at++) {
    const end = at + RESTORE_WINDOW_BUCKETS;
    if (shareOf(timeline, at, end) >= usual * RESTORED_SHARE)
      return Math.round(timeline.fromMs + end * BUCKET_MS - times.wellAtMs);
  }
  return null;
}

function latencies(records: readonly CallRecord[], { faultAtMs, wellAtMs }: FaultTimes): readonly number[] {
  const found = records.flatMap(({ startedAtMs, answered: { beganMs, tookMs } }) =>
    tookMs.filter((_, i) => {
      const atMs = startedAtMs + beganMs[i]!;
      return atMs >= faultAtMs && atMs < wellAtMs;
    }),
  );
  return found.sort((a, b) => a - b);
}

function failures(records: readonly CallRecord[], faultAtMs: number) {
  const failed = records.flatMap(({ startedAtMs, failed }) =>
    failed.map(({ beganMs, endedMs, reason }) => ({
      beganAtMs: startedAtMs + beganMs,
      endedAtMs: startedAtMs + endedMs,
      reason,
    })),
  );
  const [before, since] = [
    failed.filter((each) => each.endedAtMs < faultAtMs),
    failed.filter((each) => each.endedAtMs >= faultAtMs),
  ];
  const noticedAtMs = Math.min(...since.map((each) => each.endedAtMs));
  const reasons: Record<string, number> = {};
  for (const { reason } of failed) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return {
    failed: since.length,
    failedAfterFirst: since.filter((each) => each.beganAtMs > noticedAtMs).length,
    failedBefore: before.length,
    reasons,
  };
}

export function figuresOf(records: readonly CallRecord[], times: FaultTimes): ChaosFigures {
  const timeline = addUp(records, times.victim);
  const usual = shareOf(timeline, 0, bucketBefore(timeline, times.faultAtMs));
  const during = shareOf(timeline, bucketAfter(timeline, times.faultAtMs), bucketBefore(timeline, times.wellAtMs));
  const took = latencies(records, times);
  const at = (share: number): number => took[Math.floor((took.length - 1) * share)] ?? 0;
  return {
    calls: records.reduce((total, { failed, answered }) => total + failed.length + answered.tookMs.length, 0),
    ...failures(records, times.faultAtMs),
    stopMs: stopMs(timeline, times, usual),
    shareLeft: usual === 0 ? 0 : Math.round((during / usual) * 1000) / 1000,
    restoreMs: restoreMs(timeline, times, usual),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    skipped: records.reduce((total, { skipped }) => total + skipped, 0),
    lateMs: Math.max(...records.map(({ lateMs }) => lateMs)),
  };
}
