/** Services of this machine by their files and signals: needs neither agent nor console, and works beside them. */
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { userInfo } from "node:os";
import { basename } from "node:path";
import { type HomePaths, homePaths, parseServiceName, type ServiceHomePaths } from "@msec/core";
import {
  hostLogPath,
  isStillRunning,
  type ServiceState,
  spawnHost,
  tryReadServiceState,
  writeWantedState,
} from "@msec/rpc/process";
import { NotRunning, NotStopped, ReleaseNotThere, ReloadFailed, StartFailed } from "./errors.js";

const POLL_MS = 50;
/** An agent looks twice a second whether something shall run. */
const AGENT_REACTS_MS = 3_000;

export interface LocalServiceOptions {
  readonly home: string;
  /** How long to wait for what was ordered. */
  readonly waitMs: number;
  /** What `all` in `listen` stands for; default: the address of the home's agent, else every address. */
  readonly bind: string | undefined;
}

/** What an agent tells about itself in its home. */
interface AgentInfo {
  readonly pid: number;
  readonly startTicks: number;
  readonly address: string;
}

export type LocalState = ServiceState & {
  /** Its controller still runs. */
  readonly isAlive: boolean;
};

export class LocalService {
  readonly service: string;
  readonly own: ServiceHomePaths;
  readonly #paths: HomePaths;
  readonly #options: LocalServiceOptions;

  /** @throws NAME_INVALID */
  constructor(service: string, options: LocalServiceOptions) {
    this.service = service;
    this.#options = options;
    this.#paths = homePaths(options.home);
    this.own = this.#paths.service(parseServiceName(service));
  }

  /** What its controller last wrote. */
  tryState(): LocalState | undefined {
    const state = tryReadServiceState(this.own.state);
    return state && { ...state, isAlive: isStillRunning(state) };
  }

  /**
   * Starts it from its current release, by the agent when one runs here.
   *
   * @throws {ReleaseNotThere} {StartFailed} with what the controller said
   */
  async start(): Promise<ServiceState> {
    const before = await this.#stateBeforeStart();
    const releaseDir = this.#currentRelease();
    this.#want("running", "msec start");
    if (!before?.isAlive && !(await this.#isStartedByAgent())) await this.#spawn(releaseDir);
    return await this.#untilRunning(before);
  }

  /** Drains and ends it; it stays stopped. @returns false = it did not run. @throws {NotStopped} */
  async stop(isForced: boolean): Promise<boolean> {
    this.#want("stopped", isForced ? "msec stop --force" : "msec stop");
    const state = this.tryState();
    if (!state?.isAlive) return false;
    const all = isForced ? [state, ...state.workers] : [state];
    for (const one of all) if (isStillRunning(one)) process.kill(one.pid, isForced ? "SIGKILL" : "SIGTERM");
    const { waitMs } = this.#options;
    if (await until(() => all.every((one) => !isStillRunning(one)), waitMs)) return true;
    throw new NotStopped({ service: this.service, pid: state.pid, waitedMs: waitMs });
  }

  /** New workers from the current release beside the old ones. @throws {NotRunning} {ReloadFailed} */
  async reload(): Promise<ServiceState> {
    const before = this.requireRunning();
    const number = before.reload?.number ?? 0;
    const isOver = (state: LocalState | undefined): boolean =>
      !state?.isAlive || ((state.reload?.number ?? 0) > number && state.reload?.state !== "running");
    process.kill(before.pid, "SIGUSR2");
    const { waitMs } = this.#options;
    const isInTime = await until(() => isOver(this.tryState()), waitMs);
    const state = this.tryState();
    if (isInTime && state?.isAlive && state.reload?.state === "done") return state;
    const text = state?.isAlive ? (state.reload?.text ?? "") : "it has ended";
    throw new ReloadFailed({ service: this.service, text: isInTime ? text : `it is not over after ${waitMs} ms` });
  }

  /** @throws {NotRunning} */
  requireRunning(): ServiceState {
    const state = this.tryState();
    if (state?.isAlive) return state;
    throw new NotRunning({ service: this.service, text: state?.text ?? "" });
  }

  /** A controller that has told its failure is about to end: it must not be taken for the new one. */
  async #stateBeforeStart(): Promise<LocalState | undefined> {
    const state = this.tryState();
    if (!state?.isAlive || state.state !== "failed") return state;
    await until(() => !isStillRunning(state), this.#options.waitMs);
    return this.tryState();
  }

  #currentRelease(): string {
    try {
      return this.own.release(basename(realpathSync(this.own.current)));
    } catch (error) {
      throw new ReleaseNotThere({ service: this.service, path: this.own.current }, { cause: error });
    }
  }

  #want(wanted: "running" | "stopped", command: string): void {
    const by = `${command} by ${userInfo().username}`;
    writeWantedState(this.own.wanted, { wanted, by, atMs: Date.now() });
  }

  async #isStartedByAgent(): Promise<boolean> {
    const agent = this.#tryAgent();
    if (!agent || !isStillRunning(agent)) return false;
    return await until(() => this.tryState()?.isAlive === true, AGENT_REACTS_MS);
  }

  #tryAgent(): AgentInfo | undefined {
    try {
      const info = JSON.parse(readFileSync(this.#paths.agentInfo, "utf8")) as Partial<AgentInfo>;
      return typeof info.pid === "number" && typeof info.startTicks === "number" ? (info as AgentInfo) : undefined;
    } catch {
      return undefined;
    }
  }

  async #spawn(releaseDir: string): Promise<void> {
    const { home, bind } = this.#options;
    const spec = {
      hostScript: createRequire(import.meta.url).resolve("@msec/sdk/host"),
      service: this.service,
      releaseDir,
      logDir: this.own.log,
      home,
      bindAddress: bind ?? this.#tryAgent()?.address,
    };
    await spawnHost(spec, () => undefined);
  }

  async #untilRunning(before: ServiceState | undefined): Promise<ServiceState> {
    const { waitMs } = this.#options;
    const isNew = (state: LocalState): boolean =>
      state.isAlive || state.pid !== before?.pid || state.startTicks !== before.startTicks;
    let last: LocalState | undefined;
    await until(() => {
      const state = this.tryState();
      last = state && isNew(state) ? state : undefined;
      return last?.state === "running" || last?.state === "failed";
    }, waitMs);
    if (last?.state === "running") return last;
    const text = last?.text || `it is ${last?.state ?? "not there"} after ${waitMs} ms`;
    throw new StartFailed({ service: this.service, text, log: hostLogPath(this.own.log) });
  }
}

/** Asks again and again. @returns whether it came true in time */
async function until(isReached: () => boolean, withinMs: number): Promise<boolean> {
  const untilMs = performance.now() + withinMs;
  while (!isReached()) {
    if (performance.now() > untilMs) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}
