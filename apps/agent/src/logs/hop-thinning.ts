/**
 * A machine that serves hundreds of thousands of requests a second makes more hop records than anybody can store. Above a rate only
 * those of some requests are kept, chosen by flow id: the same ones on every machine, so that the call graphs that are left are whole.
 *
 * What somebody will ask for has rates of the same size to itself, so that neither a crowd of good requests nor its burst pushes it out:
 * one for records of coloured requests, one for those of trouble (failed, with a failed attempt inside, repeated attempts, slow). When
 * even these are too many they are chosen by flow id in the same way.
 *
 * The shares are set once a second from what came in the second before; a burst is cut off at twice the rate until then.
 */
import type { HopRecord } from "@msec/protocol";
import { SlowHops } from "./slow-hops.js";

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
  readonly #slow = new SlowHops();
  readonly #plain: Quota;
  readonly #troubled: Quota;
  readonly #colored: Quota;
  #windowStartMs = Number.NEGATIVE_INFINITY;

  constructor(options: HopThinningOptions) {
    this.#options = options;
    this.#plain = new Quota(options.ratePerSec);
    this.#troubled = new Quota(options.ratePerSec);
    this.#colored = new Quota(options.ratePerSec);
  }

  /** Those of `hops` that are kept, in order. */
  select(hops: readonly HopRecord[]): readonly HopRecord[] {
    const { ratePerSec, nowMs } = this.#options;
    if (ratePerSec === 0) return hops;
    const now = nowMs();
    if (now - this.#windowStartMs >= WINDOW_MS) this.#turnWindow(now);
    const kept = hops.filter((hop) => this.#isKept(hop));
    this.thinned += hops.length - kept.length;
    return kept;
  }

  #turnWindow(now: number): void {
    const elapsedMs = now - this.#windowStartMs;
    for (const quota of [this.#plain, this.#troubled, this.#colored]) quota.turn(elapsedMs);
    this.#windowStartMs = now;
  }

  #isKept(hop: HopRecord): boolean {
    const isSlow = this.#slow.note(hop);
    const draw = mixed(hop.flowIdLow);
    if (hop.coloring) return this.#colored.take(draw);
    return (isSlow || isTroubled(hop) ? this.#troubled : this.#plain).take(draw);
  }
}

/** How many of one kind are kept. */
class Quota {
  readonly #ratePerSec: number;
  /** Of 2^32. */
  #share = ALL;
  #offered = 0;
  #kept = 0;

  constructor(ratePerSec: number) {
    this.#ratePerSec = ratePerSec;
  }

  take(draw: number): boolean {
    this.#offered++;
    if (draw >= this.#share || this.#kept >= this.#ratePerSec * 2) return false;
    this.#kept++;
    return true;
  }

  turn(elapsedMs: number): void {
    const ratePerSec = (this.#offered * 1_000) / elapsedMs;
    this.#share = ratePerSec > this.#ratePerSec ? (this.#ratePerSec / ratePerSec) * ALL : ALL;
    this.#offered = 0;
    this.#kept = 0;
  }
}

/** Something went wrong in it, or before it. */
function isTroubled(hop: HopRecord): boolean {
  return hop.err !== 0 || hop.attempt !== 0 || hop.calls.some((call) => call.err !== 0);
}

/** Flow ids of old peers may be counters: their bits are spread before they are compared. Part of the contract between machines. */
function mixed(flowIdLow: number): number {
  let bits = Math.imul(flowIdLow ^ (flowIdLow >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
