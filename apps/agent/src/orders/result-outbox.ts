/** Tells the console the results of orders until it confirmed each, however long it is away. */
import { isAppError, type Logger } from "@msec/core";
import type { ConsoleRequester } from "../console-link/console-link.js";
import type { OrderJournal } from "./order-journal.js";

export interface ResultOutboxOptions {
  readonly journal: OrderJournal;
  readonly console: ConsoleRequester;
  readonly logger: Logger;
  /** Pause between tries. Default 2000. */
  readonly retryMs?: number;
}

export class ResultOutbox {
  readonly #options: ResultOutboxOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #endListening: () => void;
  #sending: Promise<void> | undefined;
  #again = false;

  constructor(options: ResultOutboxOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.kick(), options.retryMs ?? 2_000);
    this.#endListening = options.console.onConnected(() => this.kick());
  }

  /** There may be something to tell. */
  kick(): void {
    this.#again = true;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#endListening();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#sendRound();
    }
  }

  async #sendRound(): Promise<void> {
    const { journal, console, logger } = this.#options;
    for (const { result, isConfirmed } of [...journal.orders]) {
      if (!result || isConfirmed) continue;
      if (!console.isConnected) return;
      try {
        await console.request("order.result", result);
      } catch (error) {
        logger.warn("order result not told", { orderId: result.orderId, why: String(error) });
        if (!isUnwanted(error)) return;
      }
      journal.confirm(result.orderId);
    }
  }
}

/** The console answered that it does not want this result: it would never be confirmed. */
function isUnwanted(error: unknown): boolean {
  return isAppError(error) && (error.code === "NOT_FOUND" || error.code === "INVALID_ARGUMENT");
}
