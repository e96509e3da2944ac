/** Sends finished seconds to the console every 2 s. A batch that was not confirmed goes out again unchanged, under the same id. */
import { type Clock, isAppError, type Logger } from "@msec/core";
import type { MetricPoint } from "@msec/protocol";
import type { ConsoleRequester } from "../console-link/console-link.js";
import type { PointBuffer } from "./point-buffer.js";

const MAX_BATCH_POINTS = 5_000;

export interface MetricSenderOptions {
  readonly buffer: PointBuffer;
  readonly console: ConsoleRequester;
  /** Above every id that an earlier life of this agent used. */
  readonly firstBatchId: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called before each batch is made: the moment to add the machine's own values. */
  beforeSend(): Promise<void>;
  /** Default 2000. */
  readonly intervalMs?: number;
}

export class MetricSender {
  readonly #options: MetricSenderOptions;
  readonly #timer: NodeJS.Timeout;
  #batchId: number;
  #unconfirmed: { readonly batchId: number; readonly points: MetricPoint[] } | undefined;
  #sending: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: MetricSenderOptions) {
    this.#options = options;
    this.#batchId = options.firstBatchId;
    this.#timer = setInterval(() => this.#tick(), options.intervalMs ?? 2_000);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#sending;
  }

  #tick(): void {
    this.#sending ??= this.#send()
      .catch((error: unknown) => {
        const reason = isAppError(error) ? error.reason : "INTERNAL";
        this.#options.logger.warn("sending metrics failed", { reason, why: String(error) });
      })
      .finally(() => {
        this.#sending = undefined;
      });
  }

  async #send(): Promise<void> {
    const { buffer, console, clock, beforeSend } = this.#options;
    await beforeSend();
    while (console.isConnected && !this.#isStopped) {
      this.#unconfirmed ??= this.#nextBatch(buffer.take(MAX_BATCH_POINTS, Math.floor(clock.nowMs() / 1_000)));
      if (!this.#unconfirmed) return;
      await this.#deliver(this.#unconfirmed);
      this.#unconfirmed = undefined;
    }
  }

  #nextBatch(points: MetricPoint[]): { readonly batchId: number; readonly points: MetricPoint[] } | undefined {
    if (points.length === 0) return undefined;
    this.#batchId += 1;
    return { batchId: this.#batchId, points };
  }

  async #deliver(batch: { readonly batchId: number; readonly points: MetricPoint[] }): Promise<void> {
    const { console, logger } = this.#options;
    try {
      await console.request("metrics", batch, { timeoutMs: 10_000 });
    } catch (error) {
      if (!isAppError(error) || error.code !== "INVALID_ARGUMENT") throw error;
      // It would be refused for ever.
      logger.error("console refuses metric points, dropped", { points: batch.points.length, why: error.message });
    }
  }
}
