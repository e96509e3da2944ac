/** Puts `setTimeout` and `setInterval` of the author's code on virtual time as long as a cluster lives. */
import { promisify } from "node:util";
import type { ClockTimer } from "@msec/core";
import type { VirtualClock } from "./test-clock.js";

type Work = (...args: unknown[]) => void;

/** Longer ones come at once: in Node, so here too. */
const MAX_DELAY_MS = 0x7fff_ffff;

/** What Node's `setTimeout` gives, as far as programs use it. */
class GlobalTimer {
  readonly #clock: VirtualClock;
  readonly #work: () => void;
  readonly #delayMs: number;
  readonly #isRepeating: boolean;
  #timer: ClockTimer;
  #isCounting = true;

  constructor(
    clock: VirtualClock,
    work: () => void,
    opts: { readonly delayMs: number; readonly isRepeating: boolean },
  ) {
    this.#clock = clock;
    this.#work = work;
    this.#delayMs = opts.delayMs;
    this.#isRepeating = opts.isRepeating;
    this.#timer = this.#arm();
  }

  ref(): this {
    this.#isCounting = true;
    return this;
  }

  unref(): this {
    this.#isCounting = false;
    return this;
  }

  hasRef(): boolean {
    return this.#isCounting;
  }

  refresh(): this {
    this.#timer.stop();
    this.#timer = this.#arm();
    return this;
  }

  close(): this {
    this.#timer.stop();
    return this;
  }

  #arm(): ClockTimer {
    return this.#clock.startTimer(() => {
      if (this.#isRepeating) this.#timer = this.#arm();
      this.#work();
    }, this.#delayMs);
  }
}

function delayOf(given: unknown): number {
  const delayMs = Number(given);
  return delayMs >= 1 && delayMs <= MAX_DELAY_MS ? delayMs : 1;
}

const NAMES = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
type Timers = Record<(typeof NAMES)[number], unknown>;

/** @returns gives the real ones back; timers that still wait never fire */
export function installGlobalTimers(clock: VirtualClock): () => void {
  const scope = globalThis as unknown as Timers;
  const before = Object.fromEntries(NAMES.map((name) => [name, scope[name]])) as Timers;
  const create =
    (isRepeating: boolean) =>
    (work: Work, delayMs = 0, ...args: unknown[]): GlobalTimer =>
      new GlobalTimer(clock, () => work(...args), { delayMs: delayOf(delayMs), isRepeating });
  // A timer may be older than the cluster.
  const clear = (timer: unknown): void => {
    if (timer instanceof GlobalTimer) timer.close();
    else (before.clearTimeout as (timer: unknown) => void)(timer);
  };
  const sleep = (delayMs: number, value?: unknown): Promise<unknown> =>
    new Promise((resolve) => create(false)(() => resolve(value), delayMs));
  const own: Timers = {
    setTimeout: Object.assign(create(false), { [promisify.custom]: sleep }),
    clearTimeout: clear,
    setInterval: create(true),
    clearInterval: clear,
  };
  Object.assign(scope, own);
  return () => {
    for (const name of NAMES) if (scope[name] === own[name]) scope[name] = before[name];
  };
}
