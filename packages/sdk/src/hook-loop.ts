import type { Logger } from "@msec/core";

type ServiceLoop = () => number | void | Promise<void> | Promise<number | undefined>;

export interface HookLoopOptions {
  /** One run; may give the pause until the next one, ms. */
  readonly run: ServiceLoop;
  readonly pauseMs: number;
  readonly logger: Logger;
}

/** Runs the `loop` hook again and again, one run at a time. */
export class HookLoop {
  readonly #options: HookLoopOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: HookLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(0);
  }

  /** No further run begins. Waits for one that is under way at most a second. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 1_000);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
  }

  #schedule(pauseMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, pauseMs);
  }

  async #run(): Promise<void> {
    let pauseMs = this.#options.pauseMs;
    try {
      const wanted = await this.#options.run();
      if (typeof wanted === "number" && wanted >= 0) pauseMs = wanted;
    } catch (error) {
      this.#options.logger.error("loop hook failed", { error });
    }
    this.#schedule(pauseMs);
  }
}
