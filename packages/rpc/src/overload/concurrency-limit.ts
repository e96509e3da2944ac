/**
 * How many requests may be under way, learned from their latency: while it stays near what it is without a queue the limit grows,
 * when it rises the limit falls by the ratio of the two, as congestion windows do (Brakmo & Peterson, "TCP Vegas", 1995; the ratio
 * form is that of Netflix's gradient limiter). Each method is measured against itself, so that a change in the mix of fast and slow methods is no
 * signal, and one method that became slow does not shut out the others: what did not become slow itself may pass the limit. When the limit has been reached for long, it is lowered for a moment to see what the latency without a queue is now
 * (ProbeRTT of Cardwell et al., "BBR", 2016): a service that became slower for good is not held back for ever.
 */

export interface ConcurrencyLimitOptions {
  readonly max: number;
  /** Never lower. Default 128: services with fewer requests under way are never limited by their latency. */
  readonly min?: number;
  /** So many times the latency without a queue are normal. Default 3. */
  readonly tolerance?: number;
}

/** Latency of one method. The object hangs at the method, so nothing is looked up. */
export interface MethodLatency {
  /** Without a queue, ms; 0 = not known yet. */
  baseMs: number;
  sumMs: number;
  count: number;
  slowWindows: number;
  /** It became slow, so the limit is meant for it. */
  isSlow: boolean;
}

export function createMethodLatency(): MethodLatency {
  return { baseMs: 0, sumMs: 0, count: 0, slowWindows: 0, isSlow: false };
}

const SMOOTHING = 0.3;
/** Slow windows before the limit falls: one or two may be a pause. */
const SLOW_WINDOWS = 3;
/** Windows at the limit after which the latency without a queue is measured anew. */
const PROBE_AFTER_WINDOWS = 300;
const PROBE_WINDOWS = 10;
/** Of the gap to a lower, and to a higher, latency that is taken over per window. */
const FOLLOW_DOWN = 0.3;
const FOLLOW_UP = 0.003;
const MIN_SAMPLES = 10;

export class ConcurrencyLimit {
  readonly #min: number;
  readonly #max: number;
  readonly #tolerance: number;
  readonly #methods: MethodLatency[] = [];
  #limit: number;
  #peak = 0;
  #slowWindows = 0;
  #windowsAtLimit = 0;
  #probeWindows = 0;

  constructor(options: ConcurrencyLimitOptions) {
    this.#max = options.max;
    this.#min = Math.min(options.max, options.min ?? 128);
    this.#tolerance = options.tolerance ?? 3;
    this.#limit = options.max;
  }

  /** Requests that may be under way now. */
  get current(): number {
    return this.#probeWindows > 0 ? Math.max(this.#min, Math.floor(this.#limit / 2)) : Math.floor(this.#limit);
  }

  /** From now on the method's latency counts. */
  watch(method: MethodLatency): void {
    this.#methods.push(method);
  }

  /** A request that waited for something has ended. */
  noteLatency(method: MethodLatency, costMs: number): void {
    method.sumMs += costMs;
    method.count++;
  }

  /** So many are under way. */
  noteInFlight(inFlight: number): void {
    if (inFlight > this.#peak) this.#peak = inFlight;
  }

  /** Ends a window (about 0.1 s). */
  update(): void {
    if (this.#probeWindows > 0) {
      this.#takeSlowdown();
      this.#peak = 0;
      this.#probeWindows--;
      return;
    }
    if (this.#slowWindows >= SLOW_WINDOWS) this.#windowsAtLimit++;
    // What is slow ends seldom: a judgement may take several windows.
    if (this.#countSamples() >= MIN_SAMPLES) {
      const slowdown = this.#takeSlowdown();
      const peak = this.#peak;
      this.#peak = 0;
      this.#slowWindows = slowdown > this.#tolerance ? this.#slowWindows + 1 : 0;
      if (this.#slowWindows === 0) this.#raise(peak);
      else if (this.#slowWindows >= SLOW_WINDOWS) this.#lower(peak, slowdown);
    }
    if (this.#windowsAtLimit < PROBE_AFTER_WINDOWS) return;
    this.#windowsAtLimit = 0;
    this.#probeWindows = PROBE_WINDOWS;
  }

  #raise(peak: number): void {
    const isReached = peak * 2 > this.#limit;
    this.#windowsAtLimit = Math.max(0, this.#windowsAtLimit - 1);
    this.#limit = Math.min(this.#max, this.#limit * (isReached ? 1.15 : 1.02) + 1);
  }

  #lower(peak: number, slowdown: number): void {
    const from = Math.min(this.#limit, Math.max(peak, this.#min));
    const wanted = from * Math.max(0.5, this.#tolerance / slowdown) + Math.sqrt(from);
    this.#limit = Math.max(this.#min, Math.min(this.#max, from + (wanted - from) * SMOOTHING));
  }

  #countSamples(): number {
    let samples = 0;
    for (const { count } of this.#methods) samples += count;
    return samples;
  }

  /** Mean of latency ÷ latency without a queue over the requests that ended since the last time. */
  #takeSlowdown(): number {
    // The first half of a probe drains what was queued before; the second half tells the truth.
    const isMeasuring = this.#probeWindows > 0 && this.#probeWindows <= PROBE_WINDOWS / 2;
    let samples = 0;
    let sum = 0;
    for (const method of this.#methods) {
      const { count } = method;
      if (count === 0) continue;
      const meanMs = method.sumMs / count;
      method.sumMs = 0;
      method.count = 0;
      if (method.baseMs === 0) method.baseMs = meanMs;
      const ratio = meanMs / method.baseMs;
      samples += count;
      sum += ratio * count;
      this.#judge(method, ratio);
      method.baseMs += (meanMs - method.baseMs) * this.#follow(ratio, isMeasuring);
    }
    return samples === 0 ? 1 : sum / samples;
  }

  /** Whoever was slow stays under the limit until it is gone: let go when its latency is good again, it would flood what made it slow. */
  #judge(method: MethodLatency, ratio: number): void {
    if (ratio > this.#tolerance) method.slowWindows++;
    else if (method.slowWindows < SLOW_WINDOWS || this.#limit >= this.#max) method.slowWindows = 0;
    method.isSlow = method.slowWindows >= SLOW_WINDOWS;
  }

  #follow(ratio: number, isMeasuring: boolean): number {
    if (ratio < 1) return FOLLOW_DOWN;
    if (isMeasuring) return 0.5;
    // While requests queue, their latency says nothing about the latency without a queue.
    return ratio > this.#tolerance ? 0 : FOLLOW_UP;
  }
}
