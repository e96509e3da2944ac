/** Puts `setTimeout` and `setInterval` of the author's code on virtual time as long as a cluster lives. */
import { promisify } from "node:util";
import type { ClockTimer } from "@msec/core";
import type { VirtualClock } from "./test-clock.js";

type Work = (...args: unknown[]) => void;

/** What Node's `setTimeout` gives, as far as programs use it. */
class GlobalTimer {
  readonly #clock: VirtualClock;
  readonly #work: () => void;
  readonly #delayMs: number;
  readonly #isRepeating: boolean;
  #timer: ClockTimer;

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
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
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

const NAMES = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
type Timers = Record<(typeof NAMES)[number], unknown>;

/** @returns gives the real ones back; timers that still wait never fire */
export function installGlobalTimers(clock: VirtualClock): () => void {
  const scope = globalThis as unknown as Timers;
  const before = Object.fromEntries(NAMES.map((name) => [name, scope[name]])) as Timers;
  const create =
    (isRepeating: boolean) =>
    (work: Work, delayMs = 0, ...args: unknown[]): GlobalTimer =>
      new GlobalTimer(clock, () => work(...args), { delayMs: Math.max(1, Number(delayMs) || 1), isRepeating });
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
