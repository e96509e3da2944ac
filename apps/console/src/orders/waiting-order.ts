/** Somebody waits for the end of an order. */
import type { OrderProgress, OrderResult } from "@msec/protocol";

export interface WaitingOrderOptions {
  readonly agentId: string;
  readonly machine: string;
  readonly op: string;
  readonly timeoutMs: number;
  onProgress?(progress: OrderProgress): void;
}

export class WaitingOrder {
  readonly agentId: string;
  readonly machine: string;
  readonly op: string;
  /** The agent's result; rejected when none comes in time. */
  readonly end: Promise<OrderResult>;
  readonly #onProgress: ((progress: OrderProgress) => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #onTimeout: (afterMs: number) => void;
  #signTimer: NodeJS.Timeout | undefined;
  #resolve!: (result: OrderResult) => void;
  #reject!: (error: Error) => void;

  constructor(options: WaitingOrderOptions, timeoutError: (afterMs: number) => Error) {
    this.agentId = options.agentId;
    this.machine = options.machine;
    this.op = options.op;
    this.#onProgress = options.onProgress;
    this.end = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.end.catch(() => undefined); // it may be rejected before anybody awaits it
    this.#onTimeout = (afterMs) => this.#reject(timeoutError(afterMs));
    this.#timer = setTimeout(this.#onTimeout, options.timeoutMs, options.timeoutMs);
  }

  /** Gives up earlier when nothing at all is heard of the order within the time. */
  expectSignWithin(durationMs: number): void {
    this.#signTimer = setTimeout(this.#onTimeout, durationMs, durationMs);
  }

  tellProgress(progress: OrderProgress): void {
    clearTimeout(this.#signTimer);
    this.#onProgress?.(progress);
  }

  finish(result: OrderResult): void {
    this.#resolve(result);
  }

  fail(error: Error): void {
    this.#reject(error);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#signTimer);
  }
}
