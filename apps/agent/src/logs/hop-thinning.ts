/**
 * A machine that serves hundreds of thousands of requests a second makes more hop records than anybody can store. Above a rate only
 * those of some requests are kept, chosen by flow id: the same ones on every machine, so that the call graphs that are left are whole.
 * Records of failed and of coloured requests are kept first, up to the rate once more.
 *
 * The share is set once a second from what came in the second before; a burst is cut off at twice the rate until then.
 */
import type { HopRecord } from "@msec/protocol";

const WINDOW_MS = 1_000;
const ALL = 0x1_0000_0000;

export interface HopThinningOptions {
  /** 0 = everything is kept. */
  readonly ratePerSec: number;
  /** Monotonic. */
  readonly nowMs: () => number;
}

export class HopThinning {
  /** Records left out since the start. */
  thinned = 0;
  readonly #options: HopThinningOptions;
  /** Of 2^32. */
  #share = ALL;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #offered = 0;
  #kept = 0;

  constructor(options: HopThinningOptions) {
    this.#options = options;
  }

  /** Those of `hops` that are kept, in order. */
  select(hops: readonly HopRecord[]): readonly HopRecord[] {
    const { ratePerSec, nowMs } = this.#options;
    if (ratePerSec === 0) return hops;
    const now = nowMs();
    if (now - this.#windowStartMs >= WINDOW_MS) this.#turnWindow(now);
    this.#offered += hops.length;
    const kept = hops.filter((hop) => this.#isKept(hop));
    this.thinned += hops.length - kept.length;
    return kept;
  }

  #turnWindow(now: number): void {
    const ratePerSec = (this.#offered * 1_000) / (now - this.#windowStartMs);
    this.#share = ratePerSec > this.#options.ratePerSec ? (this.#options.ratePerSec / ratePerSec) * ALL : ALL;
    this.#windowStartMs = now;
    this.#offered = 0;
    this.#kept = 0;
  }

  #isKept(hop: HopRecord): boolean {
    const isChosen = mixed(hop.flowIdLow) < this.#share || hop.err !== 0 || hop.coloring;
    if (!isChosen || this.#kept >= this.#options.ratePerSec * 2) return false;
    this.#kept++;
    return true;
  }
}

/** Flow ids of old peers may be counters: their bits are spread before they are compared. Part of the contract between machines. */
function mixed(flowIdLow: number): number {
  let bits = Math.imul(flowIdLow ^ (flowIdLow >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
