/** Virtual-time model of one worker: an event loop that reads what has arrived, one turn after the other. For tests of overload control. */
import { DEFAULT_PRIORITY } from "../call-priority.js";
import { createMethodLatency } from "./concurrency-limit.js";
import { OverloadControl } from "./overload-control.js";
import { RunQueue, SLICE_MS } from "./run-queue.js";

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
/** Its handlers wait for nothing, so its latency is never told. */
const METHOD = createMethodLatency();

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
  return new SimulatedWorker(options).run();
}

class SimulatedWorker {
  readonly #arrivals: readonly SimulatedRequest[];
  readonly #lag = new SimulatedLag();
  readonly #control: OverloadControl | undefined;
  readonly #queue: RunQueue<SimulatedRequest & { readMs: number }>;
  readonly #served: Served[] = [];
  #slice: (() => void) | undefined;
  #nowMs = 0;
  #next = 0;

  constructor(options: SimulationOptions) {
    this.#arrivals = arrivalsOf(options, seededRandom(options.seed ?? 1));
    const clock = { nowMs: () => 0 };
    if (options.control) this.#control = new OverloadControl({ maxInFlight: 10_000, lag: this.#lag, clock });
    this.#queue = new RunQueue({
      nowMs: () => this.#nowMs,
      start: (entry, nowMs) => {
        const waitMs = nowMs - entry.readMs;
        if (this.#control?.isStillWanted(subjectOf(entry), waitMs) === false) {
          this.#refuse(entry);
          return;
        }
        this.#control?.noteStart(waitMs);
        this.#serve(entry);
      },
      schedule: (work) => {
        this.#slice = work;
      },
    });
  }

  /** One turn after the other: what has arrived is read, then handlers that wait get their slice. */
  run(): Served[] {
    while (this.#next < this.#arrivals.length || this.#queue.length > 0) {
      if (this.#slice === undefined) this.#nowMs = Math.max(this.#nowMs, this.#arrivals[this.#next]!.arrivedMs);
      this.#lag.onTurn(this.#nowMs);
      const readMs = this.#nowMs;
      let request = this.#arrivals[this.#next];
      while (request !== undefined && request.arrivedMs <= readMs) {
        this.#onRead(request, readMs);
        request = this.#arrivals[++this.#next];
      }
      const slice = this.#slice;
      this.#slice = undefined;
      slice?.();
    }
    return this.#served;
  }

  #onRead(request: SimulatedRequest, readMs: number): void {
    if (this.#control?.check({ ...subjectOf(request), startedMs: this.#nowMs }, METHOD, 0) !== undefined)
      this.#refuse(request);
    else if (this.#queue.length > 0 || this.#nowMs - readMs > SLICE_MS || this.#control?.isLagging) {
      this.#queue.push({ ...request, readMs });
    } else {
      this.#control?.noteStart(0);
      this.#serve(request);
    }
  }

  #refuse(request: SimulatedRequest): void {
    this.#nowMs += REFUSE_COST_MS;
    this.#served.push({ request, doneMs: this.#nowMs, isAdmitted: false });
  }

  #serve(request: SimulatedRequest): void {
    this.#nowMs += request.costMs;
    this.#served.push({ request, doneMs: this.#nowMs, isAdmitted: true });
  }
}

function subjectOf(request: SimulatedRequest): { readonly priority: number; readonly userHash: number } {
  return { userHash: request.userHash, priority: request.priority ?? DEFAULT_PRIORITY };
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
