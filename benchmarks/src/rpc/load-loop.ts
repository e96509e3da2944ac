/** Keeps a number of calls under way for a time and takes the latency of each. Every answer is compared with its request. */
import { TEXTS } from "./echo-message.js";
import type { Caller, EchoDone } from "./peers/peer.js";

export interface LoadResult {
  readonly calls: number;
  readonly elapsedMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  /** CPU time of this process. */
  readonly cpuUs: number;
  /** Share of calls below each limit of {@link LATENCY_LIMITS_MS}, in percent; the last one is the rest. */
  readonly latencyShares: readonly number[];
}

/** Limits of the published distributions, both kinds (spec of the archived system). */
export const LATENCY_LIMITS_MS: readonly number[] = [5, 10, 30, 50, 120, 150, 200];

const MAX_SAMPLES = 2_000_000;
const samples = new Float64Array(MAX_SAMPLES);

/** CPU time of this process since its start. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

class LoadRun {
  readonly startedMs = performance.now();
  readonly #endMs: number;
  readonly #cpuBeforeUs = cpuUs();
  #calls = 0;
  #text = 0;

  constructor(durationMs: number) {
    this.#endMs = this.startedMs + durationMs;
  }

  nextText(): string {
    this.#text = (this.#text + 1) & (TEXTS.length - 1);
    return TEXTS[this.#text]!;
  }

  /** @returns true when no further call shall be made */
  add(latencyMs: number, nowMs: number): boolean {
    samples[this.#calls % MAX_SAMPLES] = latencyMs;
    this.#calls++;
    return nowMs >= this.#endMs;
  }

  result(): LoadResult {
    const elapsedMs = performance.now() - this.startedMs;
    const usedUs = cpuUs() - this.#cpuBeforeUs;
    const sorted = samples.slice(0, Math.min(this.#calls, MAX_SAMPLES)).sort();
    const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)]! * 10_000) / 10;
    return {
      calls: this.#calls,
      elapsedMs,
      p50Us: at(0.5),
      p99Us: at(0.99),
      p999Us: at(0.999),
      cpuUs: usedUs,
      latencyShares: sharesOf(sorted),
    };
  }
}

function sharesOf(sorted: Float64Array): readonly number[] {
  const below = LATENCY_LIMITS_MS.map((limit) => lowerBound(sorted, limit));
  const counts = [...below, sorted.length].map((count, i) => count - (below[i - 1] ?? 0));
  return counts.map((count) => Math.round((count * 100_000) / sorted.length) / 1000);
}

/** How many are below the limit. */
function lowerBound(sorted: Float64Array, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function promiseUser(call: (text: string) => Promise<{ readonly text: string }>, run: LoadRun): Promise<void> {
  let sentMs = performance.now();
  for (;;) {
    const text = run.nextText();
    const answer = await call(text);
    if (answer.text !== text) throw new Error(`asked ${text}, got ${answer.text}`);
    const nowMs = performance.now();
    if (run.add(nowMs - sentMs, nowMs)) return;
    sentMs = nowMs;
  }
}

function callbackUser(call: (text: string, done: EchoDone) => void, run: LoadRun): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = run.nextText();
    let sentMs = performance.now();
    const done: EchoDone = (error, answer) => {
      if (error !== undefined || answer !== text) {
        reject(error ?? new Error(`asked ${text}, got ${answer}`));
        return;
      }
      const nowMs = performance.now();
      if (run.add(nowMs - sentMs, nowMs)) {
        resolve();
        return;
      }
      sentMs = nowMs;
      text = run.nextText();
      call(text, done);
    };
    call(text, done);
  });
}

/** `inFlight` users, each with one call at a time. @throws the first error or wrong answer */
export async function runLoad(caller: Caller, inFlight: number, durationMs: number): Promise<LoadResult> {
  const run = new LoadRun(durationMs);
  const user = (): Promise<void> =>
    caller.kind === "promise"
      ? promiseUser((text) => caller.call(text), run)
      : callbackUser((text, done) => caller.call(text, done), run);
  await Promise.all(Array.from({ length: inFlight }, user));
  return run.result();
}
