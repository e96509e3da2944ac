/** Empties the shared ring into the point buffer every 200 ms. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock, Logger } from "@msec/core";
import { decodeQueueRecord } from "@msec/protocol";
import { createMonitorRing, type MonitorRing } from "@msec/shm";
import type { PointBuffer } from "./point-buffer.js";

/** The console refuses a batch with a longer one. */
const MAX_NAME_CHARS = 128;
/** Records taken in one go, so that a flood does not hold up everything else in the agent. */
const MAX_RECORDS_AT_ONCE = 50_000;

export interface MetricCollectorOptions {
  readonly ringPath: string;
  readonly slots: number;
  readonly buffer: PointBuffer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default 200. */
  readonly intervalMs?: number;
}

export class MetricCollector {
  readonly #options: MetricCollectorOptions;
  readonly #ring: MonitorRing;
  readonly #timer: NodeJS.Timeout;
  #malformed = 0;

  constructor(options: MetricCollectorOptions) {
    this.#options = options;
    mkdirSync(dirname(options.ringPath), { recursive: true, mode: 0o700 });
    this.#ring = createMonitorRing(options.ringPath, { elementCount: options.slots });
    this.#timer = setInterval(() => this.drain(), options.intervalMs ?? 200);
  }

  /** Records of no known kind since the start. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Takes what is there. */
  drain(): void {
    const atSec = Math.floor(this.#options.clock.nowMs() / 1_000);
    for (let count = 0; count < MAX_RECORDS_AT_ONCE; count += 1) {
      const record = this.#ring.get();
      if (!record) return;
      this.#record(record, atSec);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #record(bytes: Uint8Array, atSec: number): void {
    try {
      const record = decodeQueueRecord(bytes);
      if (Math.max(record.service.length, record.attribute.length) > MAX_NAME_CHARS)
        throw new RangeError("a name is too long");
      this.#options.buffer.record({ ...record, atSec });
    } catch (error) {
      this.#malformed += 1;
      if (this.#malformed === 1) this.#options.logger.warn("metric record refused", { why: String(error) });
    }
  }
}
