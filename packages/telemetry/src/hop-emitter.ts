/**
 * The record that every request leaves behind, whatever the level: from these the console draws call graphs. Fields and units:
 * docs/reference/metrics.md, "Hop records". Costs about 40 ns per request (`npm run bench -- micro-telemetry`).
 */
import { type Clock, systemClock } from "@msec/core";
import { HopBatchWriter, type HopFacts } from "@msec/protocol";
import type { LogEmitter } from "./log-emitter.js";

/** Longest time that records gather. */
const BATCH_MS = 100;

export class HopEmitter {
  readonly #logs: Pick<LogEmitter, "writeHops" | "onHopsDone">;
  readonly #batch: HopBatchWriter;
  readonly #onTimer = (): void => this.#expire();
  #timer: NodeJS.Timeout | undefined;

  /** @param clock the one that gave the monotonic times of the requests */
  constructor(logs: Pick<LogEmitter, "writeHops" | "onHopsDone">, clock: Clock = systemClock) {
    this.#logs = logs;
    const batch = new HopBatchWriter(clock);
    this.#batch = batch;
    logs.onHopsDone = (frame) => batch.recycle(frame);
  }

  /** Reads the plain fields of a request that has ended; keeps nothing of it. */
  onRequest(request: HopFacts): void {
    const batch = this.#batch;
    batch.append(request);
    if (batch.isFull) this.flush();
    else if (this.#timer === undefined) this.#timer = setTimeout(this.#onTimer, BATCH_MS).unref();
  }

  /** Hands over what gathered. */
  flush(): void {
    if (this.#batch.count > 0) this.#logs.writeHops(this.#batch.seal());
  }

  /** Hands over what gathered and ends the timer. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.flush();
  }

  #expire(): void {
    this.#timer = undefined;
    this.flush();
  }
}
