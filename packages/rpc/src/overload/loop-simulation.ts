/** Virtual-time model of one worker: an event loop that reads what has arrived, one turn after the other. For tests of overload control. */
import { DEFAULT_PRIORITY } from "../call-priority.js";
import { OverloadControl } from "./overload-control.js";

export interface Arrival {
  readonly priority?: number;
  /** CPU time of its handler, ms. */
  readonly costMs: number;
}

export interface SimulatedRequest extends Arrival {
  readonly arrivedMs: number;
  readonly userHash: number;
}

export interface Served {
  readonly request: SimulatedRequest;
  readonly doneMs: number;
  readonly isAdmitted: boolean;
}

const REFUSE_COST_MS = 0.004;
const TIMER_MS = 10;

/** Lateness of a timer of 10 ms, looked at when a turn begins. */
class SimulatedLag {
  #dueMs = TIMER_MS;
  #leastMs = Number.POSITIVE_INFINITY;

  onTurn(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    this.#leastMs = Math.min(this.#leastMs, nowMs - this.#dueMs);
    this.#dueMs = nowMs + TIMER_MS;
  }

  wake(): void {
    // It always runs.
  }

  stop(): void {
    // Nothing to stop.
  }

  take(nowMs: number): number {
    const leastMs = this.#leastMs;
    this.#leastMs = Number.POSITIVE_INFINITY;
    return leastMs === Number.POSITIVE_INFINITY ? Math.max(0, nowMs - this.#dueMs) : leastMs;
  }
}

export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

export interface SimulationOptions {
  readonly durationMs: number;
  /** Requests per second at a time. */
  readonly rateAt: (ms: number) => number;
  readonly arrivalOf: (random: () => number) => Arrival;
  readonly control: boolean;
  readonly seed?: number;
}

/** Runs the model and tells how each request ended, in the order they ended. */
export function simulateLoop(options: SimulationOptions): Served[] {
  const random = seededRandom(options.seed ?? 1);
  const lag = new SimulatedLag();
  const control = options.control
    ? new OverloadControl({ maxInFlight: 10_000, lag, clock: { nowMs: () => 0 } })
    : undefined;
  const arrivals = arrivalsOf(options, random);
  const served: Served[] = [];
  let nowMs = 0;
  let next = 0;
  while (next < arrivals.length) {
    nowMs = Math.max(nowMs, arrivals[next]!.arrivedMs);
    lag.onTurn(nowMs);
    // What has arrived when the turn begins is read in it.
    let last = next;
    while (last < arrivals.length && arrivals[last]!.arrivedMs <= nowMs) last++;
    for (; next < last; next++) {
      const request = arrivals[next]!;
      const subject = { userHash: request.userHash, priority: request.priority ?? DEFAULT_PRIORITY };
      const isAdmitted = control?.check(subject, nowMs, 0) === undefined;
      nowMs += isAdmitted ? request.costMs : REFUSE_COST_MS;
      served.push({ request, doneMs: nowMs, isAdmitted });
    }
  }
  return served;
}

function arrivalsOf(options: SimulationOptions, random: () => number): SimulatedRequest[] {
  const arrivals: SimulatedRequest[] = [];
  let atMs = 0;
  for (;;) {
    atMs += (-Math.log(1 - random()) * 1000) / options.rateAt(atMs);
    if (atMs >= options.durationMs) return arrivals;
    const arrival = options.arrivalOf(random);
    const userHash = Math.floor(random() * 0x1_0000_0000);
    arrivals.push({ ...arrival, arrivedMs: atMs, userHash });
  }
}
