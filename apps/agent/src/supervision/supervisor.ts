/** All services of this machine that have an active release. They outlive the agent: stopping it stops none of them. */
import { readdirSync } from "node:fs";
import { type Clock, type HomePaths, type Logger, parseServiceName } from "@msec/core";
import type { ProcessReport } from "@msec/protocol";
import { spawnHost } from "@msec/rpc/process";
import { ServiceNotStopped, ServiceWithoutRelease } from "../errors.js";
import { tryActiveRelease } from "../releases/release-directory.js";
import { STOP_GRACE_MS } from "./decisions.js";
import { boundHostLog } from "./host-process.js";
import type { ServicesFile } from "./services-file.js";
import { SupervisedService } from "./supervised-service.js";

/** Size of logs is looked at every so many polls. */
const LOG_CHECK_POLLS = 20;

export interface SupervisorOptions {
  readonly paths: HomePaths;
  /** Absolute path of the service host's script. */
  readonly hostScript: string;
  readonly bindAddress: string;
  readonly file: ServicesFile;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Some process changed its state. */
  onChange(): void;
  /** Default 500. */
  readonly pollMs?: number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #services = new Map<string, SupervisedService>();
  readonly #timer: NodeJS.Timeout;
  #polls = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    for (const service of new Set([...options.file.services, ...findServices(options.paths)]))
      this.get(service).restore();
    this.#timer = setInterval(() => this.#poll(), options.pollMs ?? 500);
  }

  reports(): ProcessReport[] {
    return [...this.#services.values()].map((service) => service.report()).slice(0, 1_000);
  }

  get(service: string): SupervisedService {
    const known = this.#services.get(service);
    if (known) return known;
    const made = this.#make(service);
    this.#services.set(service, made);
    return made;
  }

  /** @throws {ServiceWithoutRelease} */
  start(service: string): void {
    if (tryActiveRelease(this.#pathsOf(service)) === undefined) throw new ServiceWithoutRelease({ service });
    this.get(service).want("running");
  }

  /** Drains and stops; resolves when the process is gone. @throws {ServiceNotStopped} not even killing helped */
  async stop(service: string): Promise<void> {
    const { clock } = this.#options;
    const supervised = this.get(service);
    supervised.want("stopped");
    const waitMs = STOP_GRACE_MS + 5_000;
    const untilMs = clock.monotonicMs() + waitMs;
    while (supervised.phase.kind !== "stopped") {
      if (clock.monotonicMs() > untilMs) throw new ServiceNotStopped({ service, waitedMs: waitMs });
      await Promise.race([supervised.changed(), clock.sleep(100)]);
      supervised.poll();
    }
  }

  /** Stops looking after the services; they run on. */
  close(): void {
    clearInterval(this.#timer);
  }

  #poll(): void {
    for (const service of this.#services.values()) service.poll();
    this.#polls += 1;
    if (this.#polls % LOG_CHECK_POLLS === 0) this.#boundLogs();
  }

  #boundLogs(): void {
    for (const service of this.#services.keys()) {
      try {
        boundHostLog(this.#pathsOf(service).log);
      } catch (error) {
        this.#options.logger.warn("ctrl.log can't be set aside", { service, why: String(error) });
      }
    }
  }

  #pathsOf(service: string) {
    return this.#options.paths.service(parseServiceName(service));
  }

  #make(service: string): SupervisedService {
    const { paths, hostScript, bindAddress, file, clock, logger, onChange } = this.#options;
    const own = this.#pathsOf(service);
    const activeRelease = () => tryActiveRelease(own);
    return new SupervisedService({
      service,
      statePath: own.state,
      wantedPath: own.wanted,
      file,
      clock,
      logger,
      onChange,
      activeRelease,
      spawn: async (onExit) => {
        const releaseId = activeRelease();
        if (releaseId === undefined) throw new ServiceWithoutRelease({ service });
        const releaseDir = own.release(releaseId);
        return spawnHost({ hostScript, service, releaseDir, logDir: own.log, home: paths.root, bindAddress }, onExit);
      },
    });
  }
}

/** Services with an active release in this home. */
function findServices(paths: HomePaths): string[] {
  const directories = (path: string) => {
    try {
      return readdirSync(path, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [e.name] : []));
    } catch {
      return [];
    }
  };
  const found = directories(paths.root).flatMap((first) =>
    directories(`${paths.root}/${first}`).map((second) => `${first}.${second}`),
  );
  return found.filter((service) => {
    try {
      return tryActiveRelease(paths.service(parseServiceName(service))) !== undefined;
    } catch {
      return false; // agent/identity and the like
    }
  });
}
