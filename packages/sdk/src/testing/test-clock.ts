/**
 * Time of a test cluster. The virtual one stands still until somebody moves it: then it jumps from timer to timer, and at each stop
 * waits until all messages between the instances have arrived, all promises that they settle have run, and the files that were asked
 * for are read.
 */
import { AsyncResource } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { type Clock, type ClockTimer, systemClock } from "@msec/core";
import { ClusterTimeout } from "../errors.js";

export interface TestClock extends Clock {
  /** Lets so much time pass. What falls due in between runs in its order. A real clock waits. */
  advance(durationMs: number): Promise<void>;
  /**
   * Moves from timer to timer until the promise settles, and gives what it gave. A real clock only waits.
   *
   * @param maxMs longest time to pass, default 10 minutes
   * @throws what the promise rejects with; EXEC_CLUSTER_TIMEOUT when nothing settles it
   */
  until<T>(promise: PromiseLike<T>, maxMs?: number): Promise<T>;
}

/** Virtual time begins here: no time that is reckoned from it may be 0, which shared tables take for "never". */
const START_MONOTONIC_MS = 1_000_000;
const START_WALL_MS = Date.UTC(2030, 0, 1);
const DEFAULT_MAX_MS = 600_000;
/** Turns of the event loop without news after which everything is taken to be at rest. */
const QUIET_TURNS = 3;
/** Requests to the system that end by themselves soon: files (also of `import()`) and names of hosts. */
const REAL_WORK = new Set(["FSReqPromise", "FSReqCallback", "CloseReq", "GetAddrInfoReqWrap", "GetNameInfoReqWrap"]);
/** Real time after which such requests are taken for ones that never end. */
const MAX_REAL_WORK_MS = 5_000;
/** The system's, also when the cluster has put its own time there. */
const realNowMs = performance.now.bind(performance);

interface VirtualTimer extends ClockTimer {
  readonly dueMs: number;
  readonly work: () => void;
}

export class VirtualClock implements TestClock {
  #nowMs = START_MONOTONIC_MS;
  /** Sorted by time, then by age. */
  readonly #timers: VirtualTimer[] = [];
  #news = 0;
  #isPatient = true;

  nowMs(): number {
    return START_WALL_MS + Math.floor(this.#nowMs - START_MONOTONIC_MS);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Since the start of the clock. */
  get elapsedMs(): number {
    return this.#nowMs - START_MONOTONIC_MS;
  }

  startTimer(work: () => void, delayMs: number): ClockTimer {
    const timer: VirtualTimer = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      work: AsyncResource.bind(work),
      unref: () => undefined,
      stop: () => {
        const at = this.#timers.indexOf(timer);
        if (at >= 0) this.#timers.splice(at, 1);
      },
    };
    const after = this.#timers.findIndex((other) => other.dueMs > timer.dueMs);
    this.#timers.splice(after < 0 ? this.#timers.length : after, 0, timer);
    return timer;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        timer.stop();
        reject(signal?.reason);
      };
      const timer = this.startTimer(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, durationMs);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** A message is on its way: not everything is at rest yet. */
  noteNews(): void {
    this.#news++;
  }

  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await this.#rest();
    for (let next = this.#timers[0]; next !== undefined && next.dueMs <= endMs; next = this.#timers[0]) {
      this.#fire(next);
      await this.#rest();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  async until<T>(promise: PromiseLike<T>, maxMs: number = DEFAULT_MAX_MS): Promise<T> {
    const startMs = this.#nowMs;
    const endMs = startMs + maxMs;
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.#rest(() => isSettled);
    while (!isSettled) {
      const next = this.#timers[0];
      if (next === undefined || next.dueMs > endMs) {
        const problem = next === undefined ? "no timer is left" : `${maxMs} ms were allowed`;
        throw new ClusterTimeout({ elapsedMs: this.#nowMs - startMs, problem });
      }
      this.#fire(next);
      await this.#rest(() => isSettled);
    }
    return promise;
  }

  #fire(timer: VirtualTimer): void {
    timer.stop();
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    timer.work();
  }

  async #rest(isEnough: () => boolean = () => false): Promise<void> {
    const sinceMs = realNowMs();
    for (let quiet = 0; quiet < QUIET_TURNS && !isEnough(); ) {
      const before = this.#news;
      await setImmediate();
      quiet = this.#news === before ? quiet + 1 : 0;
      if (quiet === QUIET_TURNS && this.#isPatient && hasRealWork()) {
        quiet = 0;
        this.#isPatient = realNowMs() - sinceMs < MAX_REAL_WORK_MS;
      }
    }
  }
}

/** A handler reads a file: no virtual time may pass meanwhile, or the read would seem to take as long as the next timer. */
function hasRealWork(): boolean {
  return process.getActiveResourcesInfo().some((kind) => REAL_WORK.has(kind));
}

/** The system's time, for tests that want to see real delays. */
export function realClock(): TestClock {
  return {
    ...systemClock,
    advance: (durationMs) => systemClock.sleep(durationMs),
    until: async (promise) => await promise,
  };
}
