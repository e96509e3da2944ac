/** When the hooks of a service run: those of the code that serves now, and the fini hook of code that was exchanged. */
import type { Clock, Logger } from "@msec/core";
import type { RpcServer } from "@msec/rpc";
import type { ServiceApp, ServiceDefinition } from "./define-service.js";
import { InitFailed } from "./errors.js";
import { HookLoop } from "./hook-loop.js";

const FINI_MS = 1_000;
const QUIET_CHECK_MS = 20;

export interface HookRunnerOptions {
  /** Its signal is aborted when the service begins to stop. */
  readonly app: ServiceApp;
  readonly server: RpcServer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Pause between two runs of a loop hook that asks for none. */
  readonly loopMs: number;
  /** Exchanged code runs its fini hook after this time at the latest. */
  readonly drainMs: number;
  /** Calls a hook so that `currentApp()` finds this service. */
  readonly run: <T>(work: () => T) => T;
}

export class HookRunner {
  readonly #options: HookRunnerOptions;
  /** The code that serves; undefined until an init hook has succeeded. */
  #serving: ServiceDefinition | undefined;
  #loop: HookLoop | undefined;
  /** Code that was exchanged and has not run its fini hook yet. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(options: HookRunnerOptions) {
    this.#options = options;
  }

  /** @throws EXEC_INIT_FAILED */
  async init(definition: ServiceDefinition): Promise<void> {
    await this.#init(definition);
    this.#serving = definition;
  }

  startLoop(): void {
    const { app, loopMs: pauseMs, logger, clock } = this.#options;
    const loop = this.#serving?.hooks.loop;
    if (!loop || app.signal.aborted) return;
    const run = (): ReturnType<typeof loop> => loop(app);
    this.#loop = new HookLoop({ run, pauseMs, logger, clock });
    this.#options.run(() => this.#loop?.start());
  }

  async stopLoop(): Promise<void> {
    await this.#loop?.stop();
  }

  /**
   * The init hook of the new code runs, then `exchange`, then the loop changes; the old code's fini hook follows when it is done.
   *
   * @throws EXEC_INIT_FAILED and what `exchange` throws; then the old code goes on
   */
  async replace(definition: ServiceDefinition, exchange: () => void): Promise<void> {
    const before = this.#serving;
    await this.#init(definition);
    exchange();
    this.#serving = definition;
    await this.stopLoop();
    this.startLoop();
    this.#leaving = this.#leaving.then(() => this.#leave(before));
  }

  /** The last request was answered. A start that failed in the init hook has nothing to undo. */
  async fini(): Promise<void> {
    await this.#leaving;
    await this.#fini(this.#serving);
  }

  async #init({ hooks: { init } }: ServiceDefinition): Promise<void> {
    if (!init) return;
    const { app, run } = this.#options;
    try {
      await run(() => init(app.config, app));
    } catch (error) {
      throw new InitFailed({ service: app.service, problem: problemOf(error) }, { cause: error });
    }
  }

  /** Code that was exchanged ends when nothing that it began is under way, or the drain time is over. */
  async #leave(definition: ServiceDefinition | undefined): Promise<void> {
    if (!definition?.hooks.fini) return;
    const { app, clock, drainMs, server } = this.#options;
    const untilMs = clock.monotonicMs() + drainMs;
    while (server.inFlight > 0 && clock.monotonicMs() < untilMs && !app.signal.aborted) {
      await clock.sleep(QUIET_CHECK_MS);
    }
    await this.#fini(definition);
  }

  async #fini(definition: ServiceDefinition | undefined): Promise<void> {
    const fini = definition?.hooks.fini;
    if (!fini) return;
    const { app, run, logger } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it took more than ${FINI_MS} ms`)), FINI_MS);
    });
    try {
      await Promise.race([run(() => fini(app)), late]);
    } catch (error) {
      logger.error("fini hook failed", { error });
    } finally {
      clearTimeout(timer);
    }
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
