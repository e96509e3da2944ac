/** Tells the console every 5 s, and soon after a process changed, how the machine is. */
import { isAppError, type Logger } from "@msec/core";
import type { Heartbeat } from "@msec/protocol";
import type { ConsoleLink } from "./console-link.js";

export interface HeartbeatSenderOptions {
  readonly link: Pick<ConsoleLink, "isConnected" | "request" | "onConnected" | "drop">;
  collect(): Promise<Heartbeat>;
  readonly logger: Logger;
  /** Default 5000. */
  readonly intervalMs?: number;
  /** Changes within this time go out together. Default 100. */
  readonly debounceMs?: number;
}

export class HeartbeatSender {
  readonly #options: HeartbeatSenderOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #endListening: () => void;
  #soon: NodeJS.Timeout | undefined;
  #sending = false;
  #wanted = false;

  constructor(options: HeartbeatSenderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#send(), options.intervalMs ?? 5_000);
    this.#endListening = options.link.onConnected(() => void this.#send());
  }

  /** Something changed that people wait to see. */
  poke(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.#send();
    }, this.#options.debounceMs ?? 100);
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#endListening();
  }

  async #send(): Promise<void> {
    if (this.#sending) {
      this.#wanted = true;
      return;
    }
    const { link, collect, logger } = this.#options;
    if (!link.isConnected) return;
    this.#sending = true;
    this.#wanted = false;
    try {
      await link.request("heartbeat", await collect(), { timeoutMs: 10_000 });
    } catch (error) {
      const reason = isAppError(error) ? error.reason : "INTERNAL";
      logger.warn("heartbeat failed", { reason, why: String(error) });
      if (reason === "NET_LINK_TIMEOUT") link.drop("the console did not answer a heartbeat");
    } finally {
      this.#sending = false;
    }
    if (this.#wanted) this.poke();
  }
}
