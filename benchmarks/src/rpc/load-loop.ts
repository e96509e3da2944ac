/** Keeps a number of calls under way for a time and takes the latency of each. Every answer is compared with its request. */
import { TEXTS } from "./echo-message.js";
import type { Caller, EchoDone } from "./peers/peer.js";

export interface LoadResult {
  readonly calls: number;
  /** Calls that failed or got a wrong answer; they count neither as calls nor in the latencies. */
  readonly errors: number;
  readonly firstError: string;
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
  #errors = 0;
  #firstError = "";
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

  /** @returns true when no further call shall be made */
  fail(error: unknown): boolean {
    if (this.#errors++ === 0) this.#firstError = error instanceof Error ? error.message : JSON.stringify(error);
    return performance.now() >= this.#endMs;
  }

  result(): LoadResult {
    const elapsedMs = performance.now() - this.startedMs;
    const usedUs = cpuUs() - this.#cpuBeforeUs;
    const sorted = samples.slice(0, Math.min(this.#calls, MAX_SAMPLES)).sort();
    const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)]! * 10_000) / 10;
    return {
      calls: this.#calls,
      errors: this.#errors,
      firstError: this.#firstError,
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

type PromiseCall = (text: string) => Promise<{ readonly text: string }>;
type CallbackCall = (text: string, done: EchoDone) => void;

function wrongAnswer(text: string, answer: string | undefined): Error {
  return new Error(`asked ${text}, got ${answer}`);
}

async function promiseUser(call: PromiseCall, run: LoadRun): Promise<void> {
  let sentMs = performance.now();
  for (;;) {
    const text = run.nextText();
    try {
      const answer = await call(text);
      if (answer.text !== text) throw wrongAnswer(text, answer.text);
      const nowMs = performance.now();
      if (run.add(nowMs - sentMs, nowMs)) return;
      sentMs = nowMs;
    } catch (error) {
      if (run.fail(error)) return;
      sentMs = performance.now();
    }
  }
}

function callbackUser(call: CallbackCall, run: LoadRun): Promise<void> {
  return new Promise((resolve) => {
    let text = run.nextText();
    let sentMs = performance.now();
    const done: EchoDone = (error, answer) => {
      const nowMs = performance.now();
      const isOk = error === undefined && answer === text;
      const isLast = isOk ? run.add(nowMs - sentMs, nowMs) : run.fail(error ?? wrongAnswer(text, answer));
      if (isLast) {
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

/** `inFlight` users, each with one call at a time. */
export async function runLoad(caller: Caller, inFlight: number, durationMs: number): Promise<LoadResult> {
  const run = new LoadRun(durationMs);
  const user = (): Promise<void> =>
    caller.kind === "promise"
      ? promiseUser((text) => caller.call(text), run)
      : callbackUser((text, done) => caller.call(text, done), run);
  await Promise.all(Array.from({ length: inFlight }, user));
  return run.result();
}
