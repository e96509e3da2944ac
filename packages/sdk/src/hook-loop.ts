import { type Clock, type ClockTimer, type Logger, startTimer, systemClock } from "@msec/core";

type ServiceLoop = () => number | void | Promise<void> | Promise<number | undefined>;

export interface HookLoopOptions {
  /** One run; may give the pause until the next one, ms. */
  readonly run: ServiceLoop;
  readonly pauseMs: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Runs the `loop` hook again and again, one run at a time. */
export class HookLoop {
  readonly #options: HookLoopOptions;
  #timer: ClockTimer | undefined;
  #running: Promise<void> = Promise.resolve();
  readonly #clock: Clock;
  #isStopped = false;

  constructor(options: HookLoopOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  start(): void {
    this.#schedule(0);
  }

  /** No further run begins. Waits for one that is under way at most a second. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.stop();
    let timer: ClockTimer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = startTimer(this.#clock, resolve, 1_000);
    });
    await Promise.race([this.#running, late]);
    timer?.stop();
  }

  #schedule(pauseMs: number): void {
    if (this.#isStopped) return;
    const run = (): void => {
      this.#running = this.#run();
    };
    this.#timer = startTimer(this.#clock, run, pauseMs);
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
